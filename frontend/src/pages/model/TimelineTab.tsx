import { ErrorState } from "~/components/ui/ErrorState";
import { LoadMore } from "~/components/ui/LoadMore";
import { Ordinal } from "~/components/ui/Ordinal";
import { type Column, Table } from "~/components/ui/Table";
import { Time } from "~/components/ui/Time";
import type { Schemas } from "~/services/api";
import { useListing } from "~/services/listing";
import { useModel } from "./ModelPage";

const COLUMNS: readonly Column<Schemas["EventView"]>[] = [
  {
    title: "Position",
    cell: ({ position }) => <Ordinal position={position} />,
  },
  { title: "Event", isMain: true, cell: ({ type }) => <span className="font-mono">{type}</span> },
  {
    title: "When",
    isFigure: true,
    cell: ({ recorded_at }) => <Time at={recorded_at} isAbsolute />,
  },
];

export default function TimelineTab() {
  const { id } = useModel();
  const { rows, error, refetch, isPending, isStale, ...more } = useListing(
    "/api/v1/models/{model_id}/events",
    { path: { model_id: id } },
  );
  if (error) return <ErrorState error={error} onRetry={() => void refetch()} />;
  return (
    <>
      <Table
        label="Events"
        columns={COLUMNS}
        rows={rows}
        keyOf={({ position }) => position}
        isPending={isPending}
        isStale={isStale}
      />
      <LoadMore shown={rows.length} {...more} />
    </>
  );
}
