/** The charts of calls: how many there were, and how long they took. */

import type { Mark, Series } from "~/components/ui/series";
import { TimeSeries } from "~/components/ui/TimeSeries";
import { type Point, stepInWords } from "~/services/course";
import { count, duration } from "~/services/format";

export interface Course {
  step_s: number;
  points: readonly Point[];
}

interface ChartProps {
  /** Undefined while it is fetched. */
  course: Course | undefined;
  group: string;
  marks?: readonly Mark[];
}

const NONE: Course = { step_s: 0, points: [] };

export function CallsChart({ course, group, marks }: ChartProps) {
  const { points, step_s } = course ?? NONE;
  return (
    <TimeSeries
      title={course ? `Calls per ${stepInWords(step_s)}` : "Calls"}
      group={group}
      times={points.map(({ at }) => at)}
      stepS={step_s}
      format={count}
      isWhole
      marks={marks}
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

const LINES: Readonly<Record<Percentile, Omit<Series, "values">>> = {
  p50_ms: { label: "p50", tone: "accent" },
  p95_ms: { label: "p95", tone: "ink" },
  p99_ms: { label: "p99", tone: "soft", isDashed: true },
};

export function LatencyChart({
  course,
  group,
  marks,
  percentiles,
}: ChartProps & { percentiles: readonly Percentile[] }) {
  const { points, step_s } = course ?? NONE;
  return (
    <TimeSeries
      title="How long calls took"
      group={group}
      times={points.map(({ at }) => at)}
      stepS={step_s}
      format={duration}
      marks={marks}
      series={percentiles.map((name) => ({
        ...LINES[name],
        values: points.map((point) => point[name]),
      }))}
    />
  );
}
