import { Link } from "react-router";
import { Status } from "~/components/ui/Badge";
import { ButtonLink } from "~/components/ui/Button";
import { EmptyState } from "~/components/ui/EmptyState";
import { ErrorState } from "~/components/ui/ErrorState";
import { LoadMore } from "~/components/ui/LoadMore";
import { PageHeader } from "~/components/ui/PageHeader";
import { type Column, Table } from "~/components/ui/Table";
import { Time } from "~/components/ui/Time";
import type { Schemas } from "~/services/api";
import { count } from "~/services/format";
import { useListing } from "~/services/listing";

const COLUMNS: readonly Column<Schemas["ModelView"]>[] = [
  {
    title: "Name",
    isMain: true,
    cell: (model) => (
      <Link to={`/models/${model.id}`} className="hover:text-accent hover:underline">
        {model.name}
      </Link>
    ),
  },
  { title: "Type", cell: (model) => <span className="font-mono">{model.model_type}</span> },
  { title: "Version", cell: (model) => `${model.version_number} · ${model.version}` },
  {
    title: "State",
    cell: (model) => (
      <Status tone={model.is_active ? "success" : "plain"}>
        {model.is_active ? "Active" : "Inactive"}
      </Status>
    ),
  },
  { title: "Calls", isFigure: true, cell: (model) => count(model.usage_count) },
  {
    title: "Changed",
    isFigure: true,
    isMinor: true,
    cell: (model) => <Time at={model.updated_at} />,
  },
];

export default function ModelsPage() {
  const { rows, error, refetch, isPending, isStale, ...more } = useListing("/api/v1/models");
  if (error) return <ErrorState error={error} onRetry={() => void refetch()} />;
  return (
    <>
      <PageHeader
        title="Models"
        text="Each is an address with numbered versions, of which one serves."
      >
        <ButtonLink to="/upload" look="primary">
          Upload a model
        </ButtonLink>
      </PageHeader>
      <Table
        label="Models"
        columns={COLUMNS}
        rows={rows}
        keyOf={(model) => model.id}
        isPending={isPending}
        isStale={isStale}
        empty={
          <EmptyState
            title="No model yet"
            text="A fitted scikit-learn estimator, saved by joblib or skops, or an ONNX file."
          />
        }
      />
      <LoadMore shown={rows.length} {...more} />
    </>
  );
}
