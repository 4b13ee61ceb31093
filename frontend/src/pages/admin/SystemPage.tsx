import { Status } from "~/components/ui/Badge";
import { ErrorState } from "~/components/ui/ErrorState";
import { PageHeader } from "~/components/ui/PageHeader";
import { type Column, Table } from "~/components/ui/Table";
import type { Schemas } from "~/services/api";
import { count } from "~/services/format";
import { useListing } from "~/services/listing";

const COLUMNS: readonly Column<Schemas["ProjectionView"]>[] = [
  {
    title: "Projection",
    isMain: true,
    cell: ({ name }) => <span className="font-mono">{name}</span>,
  },
  { title: "State", cell: ({ status }) => <Status>{status}</Status> },
  { title: "Position", isFigure: true, cell: ({ position }) => count(position) },
  { title: "Behind", isFigure: true, cell: ({ lag_events }) => count(lag_events) },
  { title: "Parked", isFigure: true, cell: ({ parked }) => count(parked) },
];

export default function SystemPage() {
  const { rows, error, refetch, isPending } = useListing("/api/v1/admin/projections");
  if (error) return <ErrorState error={error} onRetry={() => void refetch()} />;
  return (
    <>
      <PageHeader title="System" text="What the platform is made of, and how it is." />
      <Table
        label="Projections"
        columns={COLUMNS}
        rows={rows}
        keyOf={({ name }) => name}
        isPending={isPending}
      />
    </>
  );
}
