import { Link } from "react-router";
import { Badge, Status } from "~/components/data/Badge";
import { Skeleton } from "~/components/feedback/Skeleton";
import type { Schemas } from "~/services/api/client";
import { usePagedList } from "~/services/api/pagedList";
import { failingModels } from "~/services/metrics";
import { percent } from "~/services/text/format";

const QUARANTINED_PARAMS = { query: { is_quarantined: true, sort: "updated_at", limit: 5 } };
const REFRESH_INTERVAL_MS = 15_000;

interface FailingModelsProps {
  hour: Schemas["MetricsView"] | undefined;
  /** The number of versions in quarantine, including those that are not live. */
  quarantined: number;
}

/** Models that are quarantined or fail often. */
export function FailingModels({ hour, quarantined }: FailingModelsProps) {
  const quarantinedModels = usePagedList("/api/v1/models", QUARANTINED_PARAMS, {
    enabled: quarantined > 0,
    refetchInterval: REFRESH_INTERVAL_MS,
  });
  const quarantinedIds = new Set(quarantinedModels.rows.map(({ id }) => id));
  const failing = failingModels(hour?.per_model ?? []).filter(
    ({ model_id }) => !quarantinedIds.has(model_id),
  );
  const isAllWell = hour !== undefined && quarantinedModels.rows.length + failing.length === 0;
  return (
    <section aria-labelledby="attention" className="min-w-0">
      <h2 id="attention" className="mb-2 flex min-h-8 items-center text-lg">
        Needs attention
      </h2>
      {!hour && <Skeleton className="h-11" />}
      <ul className="text-sm">
        {isAllWell && (
          <li className="border-t py-2.5">
            <Status tone="success">No problems in the last hour</Status>
          </li>
        )}
        {quarantinedModels.rows.map(({ id, name, version_number }) => (
          <FailingModel key={id} to={`/models/${id}/versions`} name={name} state="Quarantined">
            Version {version_number} answers no calls until it is released.
          </FailingModel>
        ))}
        {failing.map(({ model_id, name, failureRate }) => (
          <FailingModel
            key={model_id}
            to={`/models/${model_id}/history?status=error`}
            name={name}
            state="Failing"
          >
            {percent(failureRate)} of its calls failed in the last hour.
          </FailingModel>
        ))}
      </ul>
    </section>
  );
}

interface FailingModelProps {
  to: string;
  name: string;
  state: "Quarantined" | "Failing";
  children: React.ReactNode;
}

function FailingModel({ to, name, state, children }: FailingModelProps) {
  return (
    <li className="border-t py-2.5">
      <div className="flex items-baseline justify-between gap-4">
        <Link to={to} title={name} className="min-w-0 truncate hover:text-accent hover:underline">
          {name}
        </Link>
        <Badge tone={state === "Quarantined" ? "danger" : "warn"}>{state}</Badge>
      </div>
      <p className="text-faint">{children}</p>
    </li>
  );
}
