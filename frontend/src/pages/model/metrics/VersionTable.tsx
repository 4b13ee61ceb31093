import type { ReactNode } from "react";
import { cx } from "~/components/cx";
import { Badge } from "~/components/data/Badge";
import { type Column, Table } from "~/components/data/Table";
import type { Schemas } from "~/services/api/client";
import { count, duration, percent, signedPercent } from "~/services/text/format";
import { compareToServing, type VersionComparison } from "./versionMetrics";

const COLUMNS: readonly Column<VersionComparison>[] = [
  {
    title: "Version",
    isMain: true,
    cell: ({ number, isServing }) => (
      <>
        Version {number} {isServing && <Badge tone="accent">live</Badge>}
      </>
    ),
  },
  { title: "Calls", isNumeric: true, cell: ({ total }) => count(total.calls) },
  {
    title: "Failed",
    isNumeric: true,
    cell: ({ failed, failedMore }) => (
      <WithDifference value={percent(failed)} difference={failedMore} unit=" points" />
    ),
  },
  {
    title: "p50",
    isNumeric: true,
    cell: ({ total, p50 }) => <WithDifference value={duration(total.p50_ms)} difference={p50} />,
  },
  {
    title: "p95",
    isNumeric: true,
    cell: ({ total, p95 }) => <WithDifference value={duration(total.p95_ms)} difference={p95} />,
  },
  {
    title: "p99",
    isNumeric: true,
    isMinor: true,
    cell: ({ total, p99 }) => <WithDifference value={duration(total.p99_ms)} difference={p99} />,
  },
];

/** All versions, compared with the live one. */
export function VersionTable({ metrics, serving }: VersionTableProps) {
  return (
    <section aria-labelledby="versions" className="mt-4">
      <h2 id="versions" className="mb-2 text-lg">
        By version
      </h2>
      <Table
        label="Versions"
        columns={COLUMNS}
        rows={compareToServing(metrics.per_version, serving)}
        keyOf={({ number }) => number}
      />
    </section>
  );
}

interface VersionTableProps {
  metrics: Schemas["ModelMetricsView"];
  /** The number of the live version. */
  serving: number;
}

/** A value and its difference from that of the live version. */
function WithDifference({
  value,
  difference,
  unit = "",
}: {
  value: ReactNode;
  difference: number | null;
  unit?: string;
}) {
  const text = signedPercent(difference).replace("%", unit === "" ? "%" : unit);
  const isNone = difference === null || Math.abs(difference) < 0.005;
  return (
    <>
      {value}
      {!isNone && (
        <span
          className={cx("ml-2 text-xs", difference > 0 ? "text-warn" : "text-success")}
          title="Compared with the live version"
        >
          {text}
        </span>
      )}
    </>
  );
}
