/** Calls, failures and latency of a model over time, in total or by version. */

import { keepPreviousData } from "@tanstack/react-query";
import { useMemo } from "react";
import { useSearchParams } from "react-router";
import { ButtonLink } from "~/components/buttons/Button";
import { CallsChart, LatencyChart } from "~/components/charts/callCharts";
import type { EventMarker } from "~/components/charts/series";
import { TimeRangePicker, useTimeRange } from "~/components/charts/TimeRangePicker";
import { TimeSeriesChart } from "~/components/charts/TimeSeriesChart";
import { StatTile, StatTiles } from "~/components/data/StatTile";
import { EmptyState } from "~/components/feedback/EmptyState";
import { ErrorState } from "~/components/feedback/ErrorState";
import { SegmentedControl } from "~/components/forms/SegmentedControl";
import { api, type Schemas } from "~/services/api/client";
import { failureRate, REFRESH_MS, stepLabel, TIME_RANGE_LABELS } from "~/services/metrics";
import { compact, count, duration, percent } from "~/services/text/format";
import { useChangeQuery } from "~/services/urlQuery";
import { useModel } from "../ModelPage";
import { VersionTable } from "./VersionTable";
import { promotionMarkers, topVersions, versionSeries } from "./versionMetrics";

type Metrics = Schemas["ModelMetricsView"];

const VIEWS = [
  { id: "all", label: "In total" },
  { id: "version", label: "By version" },
] as const;
type View = (typeof VIEWS)[number]["id"];

const EVENTS_MAX = 1_000;

export default function MetricsTab() {
  const { id, version_number, usage_count } = useModel();
  const range = useTimeRange();
  const [search] = useSearchParams();
  const changeQuery = useChangeQuery();
  const view: View = search.get("by") === "version" ? "version" : "all";
  const markers = usePromotions(id);
  const { data, error, refetch } = api.useQuery(
    "get",
    "/api/v1/models/{model_id}/metrics",
    { params: { path: { model_id: id }, query: { range } } },
    { refetchInterval: REFRESH_MS[range], placeholderData: keepPreviousData },
  );
  if (error && !data) return <ErrorState error={error} onRetry={() => void refetch()} />;
  const setView = (next: View) => changeQuery((query) => withView(query, next));
  return (
    <>
      <div className="mb-6 flex flex-wrap items-center justify-between gap-x-6 gap-y-3">
        <SegmentedControl label="What is drawn" options={VIEWS} value={view} onChange={setView} />
        <TimeRangePicker />
      </div>
      <Totals total={data?.total} />
      {data?.total.calls === 0 ? (
        <EmptyState
          title={
            usage_count === 0 ? "Not called yet" : `No calls in ${TIME_RANGE_LABELS[data.range]}`
          }
          text="Each call is counted here, with its latency and whether it failed."
        >
          <ButtonLink to="../try" variant="primary">
            Try it
          </ButtonLink>
          {usage_count !== 0 && data.range !== "90d" && (
            <ButtonLink to="?range=90d">Show a longer range</ButtonLink>
          )}
        </EmptyState>
      ) : (
        <>
          {view === "version" && data ? (
            <ChartsByVersion
              metrics={data}
              serving={version_number}
              markers={markers}
              modelId={id}
            />
          ) : (
            <>
              <CallsChart data={data} group={id} markers={markers} />
              <LatencyChart
                data={data}
                group={id}
                markers={markers}
                percentiles={["p50_ms", "p95_ms", "p99_ms"]}
              />
            </>
          )}
          {data && <VersionTable metrics={data} serving={version_number} />}
        </>
      )}
    </>
  );
}

function Totals({ total }: { total: Schemas["SummaryView"] | undefined }) {
  const failed = total && failureRate(total);
  return (
    <StatTiles label="In figures">
      <StatTile label="Calls" value={total ? compact(total.calls) : null} />
      <StatTile
        label="Failed"
        value={total ? percent(failed) : null}
        tone={total && total.failures > 0 ? "danger" : "plain"}
      />
      <StatTile label="p50" value={total ? duration(total.p50_ms) : null} />
      <StatTile label="p95" value={total ? duration(total.p95_ms) : null} />
      <StatTile label="p99" value={total ? duration(total.p99_ms) : null} />
      <StatTile label="Rows" value={total ? compact(total.rows) : null} />
    </StatTiles>
  );
}

interface ChartsByVersionProps {
  metrics: Metrics;
  serving: number;
  markers: readonly EventMarker[];
  modelId: string;
}

function ChartsByVersion({ metrics, serving, markers, modelId }: ChartsByVersionProps) {
  const versions = topVersions(metrics.per_version, serving);
  const shared = {
    group: modelId,
    markers,
    times: metrics.points.map(({ at }) => at),
    stepS: metrics.step_s,
  };
  const step = stepLabel(metrics.step_s);
  return (
    <>
      <TimeSeriesChart
        title={`Calls per ${step}`}
        format={count}
        isInteger
        series={versionSeries(versions, ({ calls }) => calls)}
        {...shared}
      />
      <TimeSeriesChart
        title="Latency of calls, p95"
        format={duration}
        series={versionSeries(versions, ({ p95_ms }) => p95_ms)}
        {...shared}
      />
      <TimeSeriesChart
        title={`Failures per ${step}`}
        format={count}
        isInteger
        series={versionSeries(versions, ({ failures }) => failures)}
        {...shared}
      />
    </>
  );
}

const NO_EVENTS: readonly Schemas["EventView"][] = [];

/** Markers where another version was promoted. */
function usePromotions(modelId: string): readonly EventMarker[] {
  const { data: events = NO_EVENTS } = api.useQuery("get", "/api/v1/models/{model_id}/events", {
    params: { path: { model_id: modelId }, query: { limit: EVENTS_MAX } },
  });
  return useMemo(() => promotionMarkers(events), [events]);
}

function withView(before: URLSearchParams, view: View): URLSearchParams {
  const next = new URLSearchParams(before);
  if (view === "version") next.set("by", "version");
  else next.delete("by");
  return next;
}
