import type { ReactNode } from "react";
import { Link } from "react-router";
import { Ordinal } from "~/components/ui/Ordinal";
import { type Column, Table } from "~/components/ui/Table";
import { Time } from "~/components/ui/Time";
import type { Happened } from "~/services/feed";
import { duration } from "~/services/format";
import { useFeed } from "~/services/useFeed";

const COLUMNS: readonly Column<Happened>[] = [
  {
    title: "Position",
    cell: ({ position }) => <Ordinal position={position} />,
  },
  { title: "Event", isMain: true, cell: ({ type }) => <span className="font-mono">{type}</span> },
  {
    title: "Model",
    cell: ({ model_id, model_name }) =>
      model_id && (
        <Link to={`/models/${model_id}`} className="hover:text-accent hover:underline">
          {model_name}
        </Link>
      ),
  },
  { title: "Took", isFigure: true, cell: ({ latency_ms }) => duration(latency_ms) },
  { title: "When", isFigure: true, cell: ({ at }) => <Time at={at} /> },
];

/** The newest events, live. */
export function Happenings({ empty }: { empty: ReactNode }) {
  const { happened, status } = useFeed();
  return (
    <Table
      label="Events"
      columns={COLUMNS}
      rows={happened}
      keyOf={({ position }) => position}
      isPending={status === "connecting"}
      empty={empty}
    />
  );
}
