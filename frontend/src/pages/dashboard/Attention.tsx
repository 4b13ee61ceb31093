import { Link } from "react-router";
import { Badge, Status } from "~/components/ui/Badge";
import { Skeleton } from "~/components/ui/Skeleton";
import type { Schemas } from "~/services/api";
import { failing } from "~/services/course";
import { percent } from "~/services/format";
import { useListing } from "~/services/listing";

const QUARANTINED = { query: { is_quarantined: true, sort: "updated_at", limit: 5 } };
const ASK_MS = 15_000;

interface AttentionProps {
  hour: Schemas["MetricsView"] | undefined;
  /** How many versions are in quarantine, those that do not serve too. */
  quarantined: number;
}

/** Models that answer nothing, or too little of what they are asked. */
export function Attention({ hour, quarantined }: AttentionProps) {
  const halted = useListing("/api/v1/models", QUARANTINED, {
    enabled: quarantined > 0,
    refetchInterval: ASK_MS,
  });
  const isHalted = new Set(halted.rows.map(({ id }) => id));
  const failed = failing(hour?.per_model ?? []).filter(({ model_id }) => !isHalted.has(model_id));
  const isWell = hour !== undefined && halted.rows.length + failed.length === 0;
  return (
    <section aria-labelledby="attention" className="min-w-0">
      <h2 id="attention" className="mb-2 flex min-h-8 items-center text-lg">
        To look at
      </h2>
      {!hour && <Skeleton className="h-11" />}
      <ul className="text-sm">
        {isWell && (
          <li className="border-t py-2.5">
            <Status tone="success">All is well in the last hour</Status>
          </li>
        )}
        {halted.rows.map(({ id, name, version_number }) => (
          <Line key={id} to={`/models/${id}/versions`} name={name} state="Quarantined">
            Version {version_number} answers no calls until it is released.
          </Line>
        ))}
        {failed.map(({ model_id, name, share }) => (
          <Line
            key={model_id}
            to={`/models/${model_id}/history?status=error`}
            name={name}
            state="Failing"
          >
            {percent(share)} of its calls failed in the last hour.
          </Line>
        ))}
      </ul>
    </section>
  );
}

interface LineProps {
  to: string;
  name: string;
  state: "Quarantined" | "Failing";
  children: React.ReactNode;
}

function Line({ to, name, state, children }: LineProps) {
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
