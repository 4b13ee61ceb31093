import { Status } from "~/components/ui/Badge";
import { EmptyState } from "~/components/ui/EmptyState";
import { ErrorState } from "~/components/ui/ErrorState";
import { LoadMore } from "~/components/ui/LoadMore";
import { type Column, Table } from "~/components/ui/Table";
import { Time } from "~/components/ui/Time";
import type { Schemas } from "~/services/api";
import { count, duration } from "~/services/format";
import { useListing } from "~/services/listing";
import { useModel } from "./ModelPage";

const COLUMNS: readonly Column<Schemas["RecordView"]>[] = [
  { title: "When", isMain: true, cell: ({ created_at }) => <Time at={created_at} /> },
  {
    title: "Outcome",
    cell: ({ status, reason }) => (
      <Status tone={status === "success" ? "success" : "danger"}>{reason ?? status}</Status>
    ),
  },
  { title: "Version", isFigure: true, cell: ({ version_number }) => version_number },
  { title: "Rows", isFigure: true, cell: ({ rows }) => count(rows) },
  {
    title: "Took",
    isFigure: true,
    cell: ({ prediction_time }) => duration(prediction_time * 1000),
  },
];

export default function HistoryTab() {
  const { id } = useModel();
  const { rows, error, refetch, isPending, isStale, ...more } = useListing(
    "/api/v1/models/{model_id}/history",
    { path: { model_id: id } },
  );
  if (error) return <ErrorState error={error} onRetry={() => void refetch()} />;
  return (
    <>
      <Table
        label="Predictions"
        columns={COLUMNS}
        rows={rows}
        keyOf={(record) => record.id}
        isPending={isPending}
        isStale={isStale}
        empty={<EmptyState title="Not called yet" />}
      />
      <LoadMore shown={rows.length} {...more} />
    </>
  );
}
