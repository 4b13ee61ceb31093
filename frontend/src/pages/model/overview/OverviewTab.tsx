/** The model at a glance: statistics, signature, recent predictions and how to call it. */

import { useMemo } from "react";
import { ButtonLink } from "~/components/buttons/Button";
import { Sparkline } from "~/components/charts/Sparkline";
import { CodeBlock } from "~/components/data/CodeBlock";
import { StatTile, StatTiles } from "~/components/data/StatTile";
import { ErrorState } from "~/components/feedback/ErrorState";
import { Skeleton } from "~/components/feedback/Skeleton";
import { api, type Schemas } from "~/services/api/client";
import { compact, duration, percent, plural } from "~/services/text/format";
import { useModel } from "../ModelPage";
import { inputShape } from "../signature/inputShape";
import { toInputData } from "../try-it/requestBody";
import { codeSnippet } from "../try-it/snippets";
import { useVersions } from "../useVersions";
import { callsByDay } from "./callsByDay";
import { Notices } from "./Notices";
import { RecentPredictions } from "./RecentPredictions";
import { ServingVersion } from "./ServingVersion";
import { Signature } from "./Signature";
import { uploadWarnings } from "./uploadWarnings";

const DAYS = 30;
/** Enough to find the upload of the live version, as versions are added early. */
const EVENTS_MAX = 100;

export default function OverviewTab() {
  const model = useModel();
  const params = { params: { path: { model_id: model.id } } };
  const stats = api.useQuery("get", "/api/v1/models/{model_id}/stats", params);
  const { versions, ...versionsQuery } = useVersions(model.id);
  const events = api.useQuery("get", "/api/v1/models/{model_id}/events", {
    params: { ...params.params, query: { limit: EVENTS_MAX } },
  });
  const error = stats.error ?? versionsQuery.error;
  if (error) {
    const retry = () => void Promise.all([stats.refetch(), versionsQuery.refetch()]);
    return <ErrorState error={error} onRetry={retry} />;
  }
  // Notices are above everything else: nothing is shown that they would push down later.
  if (versionsQuery.isPending || events.isPending) return <OverviewSkeleton />;
  const serving = versions.find(({ is_serving }) => is_serving);
  return (
    <>
      <Notices
        model={model}
        versions={versions}
        warnings={uploadWarnings(events.data ?? [], model.version_number)}
      />
      <StatisticsTiles statistics={stats.data?.statistics} />
      <div className="grid items-start gap-x-12 lg:grid-cols-[minmax(0,3fr)_minmax(0,2fr)]">
        <div className="min-w-0">
          <RecentPredictions records={stats.data?.recent_predictions} />
          <Signature inputSchema={model.input_schema} outputSchema={model.output_schema} />
        </div>
        <div className="min-w-0">
          <ServingVersion
            model={model}
            serving={serving}
            lastUsedAt={stats.data?.statistics.last_used_at}
          />
          <HowToCall model={model} />
        </div>
      </div>
    </>
  );
}

function OverviewSkeleton() {
  return (
    <div role="status" aria-label="Loading">
      <StatisticsTiles statistics={undefined} />
      <Skeleton className="h-112" />
    </div>
  );
}

function StatisticsTiles({ statistics }: { statistics: Schemas["StatisticsView"] | undefined }) {
  if (!statistics) {
    return (
      <StatTiles label="In figures">
        {["Calls", "Failures", "p50", "p95", "p99"].map((label) => (
          <StatTile key={label} label={label} value={null} note="" />
        ))}
      </StatTiles>
    );
  }
  const { usage_count, failures, per_day, p50_ms, p95_ms, p99_ms, total_rows } = statistics;
  const calls = callsByDay(per_day, DAYS);
  const today = calls.at(-1) ?? 0;
  return (
    <StatTiles label="In figures">
      <StatTile
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
      <StatTile
        label="Failures"
        value={compact(failures)}
        tone={failures > 0 ? "danger" : "plain"}
        note={usage_count > 0 ? `${percent(failures / usage_count)} of the calls` : ""}
      />
      <StatTile
        label="p50"
        value={duration(p50_ms)}
        note={p50_ms == null ? "" : "half are faster"}
      />
      <StatTile label="p95" value={duration(p95_ms)} note={`of ${plural(total_rows, "row")}`} />
      <StatTile
        label="p99"
        value={duration(p99_ms)}
        note={p99_ms == null ? "" : "1 in 100 is slower"}
      />
    </StatTiles>
  );
}

function HowToCall({ model }: { model: Schemas["ModelView"] }) {
  const code = useMemo(() => {
    const shape = inputShape(model.input_schema);
    const request = shape.form === "unknown" ? { input: [] } : { rows: [shape.example] };
    const call = {
      origin: location.origin,
      modelId: model.id,
      version: null,
      input: toInputData(shape, request),
    };
    return codeSnippet("curl", call);
  }, [model.id, model.input_schema]);
  return (
    <section aria-labelledby="call" className="mb-10">
      <div className="mb-2 flex items-baseline justify-between gap-4">
        <h2 id="call" className="text-lg">
          How to call it
        </h2>
        <ButtonLink to="try" variant="quiet" isSmall className="-mr-2.5">
          Try it
        </ButtonLink>
      </div>
      <CodeBlock code={code} language="shell" label="The call as code" />
    </section>
  );
}
