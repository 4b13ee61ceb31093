import type { ReactNode } from "react";
import { Badge } from "~/components/ui/Badge";
import { cx } from "~/components/ui/cx";
import { type Column, Table } from "~/components/ui/Table";
import type { Schemas } from "~/services/api";
import { count, duration, percent, signed } from "~/services/format";
import { type Compared, comparedToServing } from "./versions";

const COLUMNS: readonly Column<Compared>[] = [
  {
    title: "Version",
    isMain: true,
    cell: ({ number, isServing }) => (
      <>
        Version {number} {isServing && <Badge tone="accent">serves</Badge>}
      </>
    ),
  },
  { title: "Calls", isFigure: true, cell: ({ total }) => count(total.calls) },
  {
    title: "Failed",
    isFigure: true,
    cell: ({ failed, failedMore }) => (
      <Against value={percent(failed)} difference={failedMore} unit=" points" />
    ),
  },
  {
    title: "p50",
    isFigure: true,
    cell: ({ total, p50 }) => <Against value={duration(total.p50_ms)} difference={p50} />,
  },
  {
    title: "p95",
    isFigure: true,
    cell: ({ total, p95 }) => <Against value={duration(total.p95_ms)} difference={p95} />,
  },
  {
    title: "p99",
    isFigure: true,
    isMinor: true,
    cell: ({ total, p99 }) => <Against value={duration(total.p99_ms)} difference={p99} />,
  },
];

/** Versions beside the one that serves. */
export function VersionTable({ metrics, serving }: VersionTableProps) {
  return (
    <section aria-labelledby="versions" className="mt-4">
      <h2 id="versions" className="mb-2 text-lg">
        By version
      </h2>
      <Table
        label="Versions"
        columns={COLUMNS}
        rows={comparedToServing(metrics.per_version, serving)}
        keyOf={({ number }) => number}
      />
    </section>
  );
}

interface VersionTableProps {
  metrics: Schemas["ModelMetricsView"];
  /** The number of the version that serves. */
  serving: number;
}

/** A figure, and by how much it is more or less than that of the version that serves. */
function Against({
  value,
  difference,
  unit = "",
}: {
  value: ReactNode;
  difference: number | null;
  unit?: string;
}) {
  const text = signed(difference).replace("%", unit === "" ? "%" : unit);
  const isNone = difference === null || Math.abs(difference) < 0.005;
  return (
    <>
      {value}
      {!isNone && (
        <span
          className={cx("ml-2 text-xs", difference > 0 ? "text-warn" : "text-success")}
          title="Compared with the version that serves"
        >
          {text}
        </span>
      )}
    </>
  );
}
