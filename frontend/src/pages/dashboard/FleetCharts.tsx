import { CallsChart, LatencyChart } from "~/components/charts/callCharts";
import { TimeRangePicker, useTimeRange } from "~/components/charts/TimeRangePicker";
import { ErrorState } from "~/components/feedback/ErrorState";
import { TIME_RANGE_LABELS } from "~/services/metrics";
import type { useMetrics } from "./useMetrics";

/** Calls and latency of all models over the selected time range. */
export function FleetCharts({ metrics }: { metrics: ReturnType<typeof useMetrics> }) {
  const range = useTimeRange();
  const { data, error, refetch } = metrics;
  return (
    <section aria-labelledby="over-time" className="mb-6">
      <div className="mb-5 flex flex-wrap items-center justify-between gap-x-6 gap-y-3">
        <h2 id="over-time" className="text-lg">
          All models, {TIME_RANGE_LABELS[range]}
        </h2>
        <TimeRangePicker />
      </div>
      {error && !data ? (
        <ErrorState error={error} onRetry={() => void refetch()} />
      ) : (
        <div className="grid gap-x-8 lg:grid-cols-2">
          <CallsChart data={data} group="fleet" />
          <LatencyChart data={data} group="fleet" percentiles={["p50_ms", "p95_ms"]} />
        </div>
      )}
    </section>
  );
}
