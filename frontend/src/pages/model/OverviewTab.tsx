/** The model at a glance: how it does, what it takes and answers, how it is called. */

import { useMemo } from "react";
import { ButtonLink } from "~/components/ui/Button";
import { CodeBlock } from "~/components/ui/CodeBlock";
import { ErrorState } from "~/components/ui/ErrorState";
import { Skeleton } from "~/components/ui/Skeleton";
import { Sparkline } from "~/components/ui/Sparkline";
import { Tile, Tiles } from "~/components/ui/Tile";
import { api, type Schemas } from "~/services/api";
import { compact, duration, percent, plural } from "~/services/format";
import { useModel } from "./ModelPage";
import { callsByDay } from "./overview/days";
import { Facts } from "./overview/Facts";
import { Notices } from "./overview/Notices";
import { Recent } from "./overview/Recent";
import { Signature } from "./overview/Signature";
import { warningsOf } from "./overview/warnings";
import { inputOf } from "./try/body";
import { shapeOf } from "./try/inputs";
import { snippetOf } from "./try/snippets";
import { useVersions } from "./useVersions";

const DAYS = 30;
/** Versions are added early in the life of a model. */
const EVENTS_MAX = 100;

export default function OverviewTab() {
  const model = useModel();
  const params = { params: { path: { model_id: model.id } } };
  const stats = api.useQuery("get", "/api/v1/models/{model_id}/stats", params);
  const { versions, ...known } = useVersions(model.id);
  const events = api.useQuery("get", "/api/v1/models/{model_id}/events", {
    params: { ...params.params, query: { limit: EVENTS_MAX } },
  });
  const error = stats.error ?? known.error;
  if (error) {
    const retry = () => void Promise.all([stats.refetch(), known.refetch()]);
    return <ErrorState error={error} onRetry={retry} />;
  }
  // What there is to look at stands above all else: nothing is shown that it would push down.
  if (known.isPending || events.isPending) return <OverviewSkeleton />;
  const serving = versions.find(({ is_serving }) => is_serving);
  return (
    <>
      <Notices
        model={model}
        versions={versions}
        warnings={warningsOf(events.data ?? [], model.version_number)}
      />
      <Figures statistics={stats.data?.statistics} />
      <div className="grid items-start gap-x-12 lg:grid-cols-[minmax(0,3fr)_minmax(0,2fr)]">
        <div className="min-w-0">
          <Recent records={stats.data?.recent_predictions} />
          <Signature inputSchema={model.input_schema} outputSchema={model.output_schema} />
        </div>
        <div className="min-w-0">
          <Facts model={model} serving={serving} lastUsedAt={stats.data?.statistics.last_used_at} />
          <HowToCall model={model} />
        </div>
      </div>
    </>
  );
}

function OverviewSkeleton() {
  return (
    <div role="status" aria-label="Loading">
      <Figures statistics={undefined} />
      <Skeleton className="h-112" />
    </div>
  );
}

function Figures({ statistics }: { statistics: Schemas["StatisticsView"] | undefined }) {
  if (!statistics) {
    return (
      <Tiles label="In figures">
        {["Calls", "Failures", "p50", "p95", "p99"].map((label) => (
          <Tile key={label} label={label} value={null} note="" />
        ))}
      </Tiles>
    );
  }
  const { usage_count, failures, per_day, p50_ms, p95_ms, p99_ms, total_rows } = statistics;
  const calls = callsByDay(per_day, DAYS);
  const today = calls.at(-1) ?? 0;
  return (
    <Tiles label="In figures">
      <Tile
        label="Calls"
        value={compact(usage_count)}
        note={
          <Sparkline
            values={calls}
            height={20}
            label={`Calls per day of ${DAYS} days, ${today} today`}
          />
        }
      />
      <Tile
        label="Failures"
        value={compact(failures)}
        tone={failures > 0 ? "danger" : "plain"}
        note={usage_count > 0 ? `${percent(failures / usage_count)} of the calls` : ""}
      />
      <Tile label="p50" value={duration(p50_ms)} note={p50_ms == null ? "" : "half are faster"} />
      <Tile label="p95" value={duration(p95_ms)} note={`of ${plural(total_rows, "row")}`} />
      <Tile
        label="p99"
        value={duration(p99_ms)}
        note={p99_ms == null ? "" : "1 in 100 is slower"}
      />
    </Tiles>
  );
}

function HowToCall({ model }: { model: Schemas["ModelView"] }) {
  const code = useMemo(() => {
    const shape = shapeOf(model.input_schema);
    const question = shape.form === "unknown" ? { input: [] } : { rows: [shape.example] };
    const call = {
      origin: location.origin,
      modelId: model.id,
      version: null,
      input: inputOf(shape, question),
    };
    return snippetOf("curl", call);
  }, [model.id, model.input_schema]);
  return (
    <section aria-labelledby="call" className="mb-10">
      <div className="mb-2 flex items-baseline justify-between gap-4">
        <h2 id="call" className="text-lg">
          How to call it
        </h2>
        <ButtonLink to="try" look="quiet" isSmall className="-mr-2.5">
          Try it
        </ButtonLink>
      </div>
      <CodeBlock code={code} language="shell" label="The call as code" />
    </section>
  );
}
