import { ErrorState } from "~/components/ui/ErrorState";
import { RANGE_WORDS } from "~/services/course";
import { CallsChart, LatencyChart } from "../figures/charts";
import { RangeChoice, useRange } from "../figures/RangeChoice";
import type { useMetrics } from "./useMetrics";

/** Throughput and p95 of all models, over a span of one's choice. */
export function FleetCharts({ course }: { course: ReturnType<typeof useMetrics> }) {
  const range = useRange();
  const { data, error, refetch } = course;
  return (
    <section aria-labelledby="over-time" className="mb-6">
      <div className="mb-5 flex flex-wrap items-center justify-between gap-x-6 gap-y-3">
        <h2 id="over-time" className="text-lg">
          All models, {RANGE_WORDS[range]}
        </h2>
        <RangeChoice />
      </div>
      {error && !data ? (
        <ErrorState error={error} onRetry={() => void refetch()} />
      ) : (
        <div className="grid gap-x-8 lg:grid-cols-2">
          <CallsChart course={data} group="fleet" />
          <LatencyChart course={data} group="fleet" percentiles={["p50_ms", "p95_ms"]} />
        </div>
      )}
    </section>
  );
}
