import { Link } from "react-router";
import { Skeleton } from "~/components/feedback/Skeleton";
import type { Schemas } from "~/services/api/client";
import { TIME_RANGE_LABELS } from "~/services/metrics";
import { compact, plural } from "~/services/text/format";

const SHOWN_MAX = 6;

/** The models with the most calls. */
export function BusiestModels({ metrics }: { metrics: Schemas["MetricsView"] | undefined }) {
  const models = metrics?.per_model.filter(({ total }) => total.calls > 0).slice(0, SHOWN_MAX);
  const callsMax = models?.[0]?.total.calls ?? 1;
  return (
    <section aria-labelledby="busiest" className="min-w-0">
      <h2 id="busiest" className="mb-2 flex min-h-8 items-center text-lg">
        Busiest
      </h2>
      {!models && <Skeleton className="h-32" />}
      {models?.length === 0 && (
        <p className="border-t py-3 text-sm text-faint">
          No calls in {metrics ? TIME_RANGE_LABELS[metrics.range] : "this time"}.
        </p>
      )}
      <ol className="text-sm">
        {models?.map(({ model_id, name, total }) => (
          <li key={model_id} className="relative border-t py-2">
            <div className="flex items-baseline justify-between gap-4">
              <Link
                to={`/models/${model_id}/metrics`}
                title={name}
                className="min-w-0 truncate hover:text-accent hover:underline"
              >
                {name}
              </Link>
              <span className="figures shrink-0 text-soft" title={plural(total.calls, "call")}>
                {compact(total.calls)}
              </span>
            </div>
            <span
              aria-hidden
              className="mt-1 block h-0.5 bg-accent"
              style={{ width: `${(total.calls / callsMax) * 100}%` }}
            />
          </li>
        ))}
      </ol>
    </section>
  );
}
