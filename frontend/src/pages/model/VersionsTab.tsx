import { Badge } from "~/components/ui/Badge";
import { ErrorState } from "~/components/ui/ErrorState";
import { type Column, Table } from "~/components/ui/Table";
import { Time } from "~/components/ui/Time";
import type { Schemas } from "~/services/api";
import { bytes, count } from "~/services/format";
import { useListing } from "~/services/listing";
import { useModel } from "./ModelPage";

const COLUMNS: readonly Column<Schemas["VersionView"]>[] = [
  {
    title: "Version",
    isMain: true,
    cell: ({ number, version, is_serving }) => (
      <>
        {number} · {version} {is_serving && <Badge tone="accent">serves</Badge>}
      </>
    ),
  },
  { title: "Type", cell: ({ model_type }) => <span className="font-mono">{model_type}</span> },
  { title: "Size", isFigure: true, cell: ({ file_size }) => bytes(file_size) },
  { title: "Calls", isFigure: true, cell: ({ total_predictions }) => count(total_predictions) },
  { title: "Added", isFigure: true, cell: ({ created_at }) => <Time at={created_at} /> },
];

export default function VersionsTab() {
  const { id } = useModel();
  const { rows, error, refetch, isPending } = useListing("/api/v1/models/{model_id}/versions", {
    path: { model_id: id },
  });
  if (error) return <ErrorState error={error} onRetry={() => void refetch()} />;
  return (
    <Table
      label="Versions"
      columns={COLUMNS}
      rows={rows}
      keyOf={({ number }) => number}
      isPending={isPending}
    />
  );
}
