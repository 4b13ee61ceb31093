/** The charts of calls: their number and their latency. */

import { type Point, stepLabel } from "~/services/metrics";
import { count, duration } from "~/services/text/format";
import type { EventMarker, Series } from "./series";
import { TimeSeriesChart } from "./TimeSeriesChart";

export interface CallSeries {
  step_s: number;
  points: readonly Point[];
}

interface ChartProps {
  /** Undefined while it is loading. */
  data: CallSeries | undefined;
  group: string;
  markers?: readonly EventMarker[];
}

const NO_DATA: CallSeries = { step_s: 0, points: [] };

export function CallsChart({ data, group, markers }: ChartProps) {
  const { points, step_s } = data ?? NO_DATA;
  return (
    <TimeSeriesChart
      title={data ? `Calls per ${stepLabel(step_s)}` : "Calls"}
      group={group}
      times={points.map(({ at }) => at)}
      stepS={step_s}
      format={count}
      isInteger
      markers={markers}
      series={[
        { label: "Calls", tone: "accent", isBar: true, values: points.map(({ calls }) => calls) },
        {
          label: "Failures",
          tone: "danger",
          isBar: true,
          values: points.map(({ failures }) => failures),
        },
      ]}
    />
  );
}

export type Percentile = "p50_ms" | "p95_ms" | "p99_ms";

const PERCENTILE_LINES: Readonly<Record<Percentile, Omit<Series, "values">>> = {
  p50_ms: { label: "p50", tone: "accent" },
  p95_ms: { label: "p95", tone: "ink" },
  p99_ms: { label: "p99", tone: "soft", isDashed: true },
};

export function LatencyChart({
  data,
  group,
  markers,
  percentiles,
}: ChartProps & { percentiles: readonly Percentile[] }) {
  const { points, step_s } = data ?? NO_DATA;
  return (
    <TimeSeriesChart
      title="Latency of calls"
      group={group}
      times={points.map(({ at }) => at)}
      stepS={step_s}
      format={duration}
      markers={markers}
      series={percentiles.map((name) => ({
        ...PERCENTILE_LINES[name],
        values: points.map((point) => point[name]),
      }))}
    />
  );
}
