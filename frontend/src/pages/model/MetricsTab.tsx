/** How a model was called: how often, how long it took, what failed; as a whole or by version. */

import { keepPreviousData } from "@tanstack/react-query";
import { useMemo } from "react";
import { useSearchParams } from "react-router";
import { ButtonLink } from "~/components/ui/Button";
import { Choice } from "~/components/ui/Choice";
import { EmptyState } from "~/components/ui/EmptyState";
import { ErrorState } from "~/components/ui/ErrorState";
import type { Mark } from "~/components/ui/series";
import { Tile, Tiles } from "~/components/ui/Tile";
import { TimeSeries } from "~/components/ui/TimeSeries";
import { api, type Schemas } from "~/services/api";
import { failureShare, RANGE_WORDS, REFRESH_MS, stepInWords } from "~/services/course";
import { compact, count, duration, percent } from "~/services/format";
import { CallsChart, LatencyChart } from "../figures/charts";
import { RangeChoice, useRange } from "../figures/RangeChoice";
import { useModel } from "./ModelPage";
import { VersionTable } from "./metrics/VersionTable";
import { compared, linesOf, promotionsIn } from "./metrics/versions";

type Metrics = Schemas["ModelMetricsView"];

const VIEWS = [
  { id: "all", label: "As a whole" },
  { id: "version", label: "By version" },
] as const;
type View = (typeof VIEWS)[number]["id"];

const EVENTS_MAX = 1_000;

export default function MetricsTab() {
  const { id, version_number, usage_count } = useModel();
  const range = useRange();
  const [search, setSearch] = useSearchParams();
  const view: View = search.get("by") === "version" ? "version" : "all";
  const marks = usePromotions(id);
  const { data, error, refetch } = api.useQuery(
    "get",
    "/api/v1/models/{model_id}/metrics",
    { params: { path: { model_id: id }, query: { range } } },
    { refetchInterval: REFRESH_MS[range], placeholderData: keepPreviousData },
  );
  if (error && !data) return <ErrorState error={error} onRetry={() => void refetch()} />;
  const choose = (next: View) => setSearch((before) => withView(before, next), { replace: true });
  return (
    <>
      <div className="mb-6 flex flex-wrap items-center justify-between gap-x-6 gap-y-3">
        <Choice label="What is drawn" options={VIEWS} chosen={view} onChoose={choose} />
        <RangeChoice />
      </div>
      <Totals total={data?.total} />
      {data?.total.calls === 0 ? (
        <EmptyState
          title={usage_count === 0 ? "Not called yet" : `No calls in ${RANGE_WORDS[data.range]}`}
          text="Each call is counted here, with how long it took and whether it failed."
        >
          <ButtonLink to="../try" look="primary">
            Try it
          </ButtonLink>
          {usage_count !== 0 && data.range !== "90d" && (
            <ButtonLink to="?range=90d">Look further back</ButtonLink>
          )}
        </EmptyState>
      ) : (
        <>
          {view === "version" && data ? (
            <ByVersion metrics={data} serving={version_number} marks={marks} modelId={id} />
          ) : (
            <>
              <CallsChart course={data} group={id} marks={marks} />
              <LatencyChart
                course={data}
                group={id}
                marks={marks}
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
  const failed = total && failureShare(total);
  return (
    <Tiles label="In figures">
      <Tile label="Calls" value={total ? compact(total.calls) : null} />
      <Tile
        label="Failed"
        value={total ? percent(failed) : null}
        tone={total && total.failures > 0 ? "danger" : "plain"}
      />
      <Tile label="p50" value={total ? duration(total.p50_ms) : null} />
      <Tile label="p95" value={total ? duration(total.p95_ms) : null} />
      <Tile label="p99" value={total ? duration(total.p99_ms) : null} />
      <Tile label="Rows" value={total ? compact(total.rows) : null} />
    </Tiles>
  );
}

interface ByVersionProps {
  metrics: Metrics;
  serving: number;
  marks: readonly Mark[];
  modelId: string;
}

function ByVersion({ metrics, serving, marks, modelId }: ByVersionProps) {
  const versions = compared(metrics.per_version, serving);
  const shared = {
    group: modelId,
    marks,
    times: metrics.points.map(({ at }) => at),
    stepS: metrics.step_s,
  };
  const step = stepInWords(metrics.step_s);
  return (
    <>
      <TimeSeries
        title={`Calls per ${step}`}
        format={count}
        isWhole
        series={linesOf(versions, ({ calls }) => calls)}
        {...shared}
      />
      <TimeSeries
        title="How long calls took, p95"
        format={duration}
        series={linesOf(versions, ({ p95_ms }) => p95_ms)}
        {...shared}
      />
      <TimeSeries
        title={`Failures per ${step}`}
        format={count}
        isWhole
        series={linesOf(versions, ({ failures }) => failures)}
        {...shared}
      />
    </>
  );
}

const NO_EVENTS: readonly Schemas["EventView"][] = [];

/** When which version began to serve, to be marked. */
function usePromotions(modelId: string): readonly Mark[] {
  const { data: events = NO_EVENTS } = api.useQuery("get", "/api/v1/models/{model_id}/events", {
    params: { path: { model_id: modelId }, query: { limit: EVENTS_MAX } },
  });
  return useMemo(() => promotionsIn(events), [events]);
}

function withView(before: URLSearchParams, view: View): URLSearchParams {
  const next = new URLSearchParams(before);
  if (view === "version") next.set("by", "version");
  else next.delete("by");
  return next;
}
