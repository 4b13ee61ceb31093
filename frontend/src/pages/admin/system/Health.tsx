import { useQuery } from "@tanstack/react-query";
import { Check, X } from "lucide-react";
import { Badge, Status, type Tone } from "~/components/ui/Badge";
import { cx } from "~/components/ui/cx";
import { ErrorState } from "~/components/ui/ErrorState";
import { Section } from "~/components/ui/Section";
import { Skeleton } from "~/components/ui/Skeleton";
import {
  fetchHealth,
  type Health as HealthOf,
  type Level,
  layersOf,
  partsOf,
  sandboxLevel,
} from "~/services/health";

const REFRESHED_MS = 5_000;
const TONES: Record<Level, Tone> = { well: "success", limited: "warn", down: "danger" };
const WORDS: Record<Level, string> = { well: "Well", limited: "Limited", down: "Down" };
const SANDBOX_TONES: Record<string, Tone> = { full: "success", reduced: "warn", none: "danger" };

export function Health() {
  const { data, error, refetch } = useQuery({
    queryKey: ["get", "/health"],
    queryFn: fetchHealth,
    refetchInterval: REFRESHED_MS,
    retry: false,
  });
  if (error) {
    return (
      <Section title="Health">
        <ErrorState error={error} onRetry={() => void refetch()} />
      </Section>
    );
  }
  return (
    <div className="grid gap-x-12 lg:grid-cols-2">
      <Section
        title="Health"
        actions={data ? <Overall health={data} /> : <Skeleton className="h-5 w-20" />}
        text={data ? `${data.service} ${data.version}` : "\u00a0"}
      >
        <Parts health={data} />
      </Section>
      <Section
        title="Sandbox"
        text="What stands between an uploaded model and this machine, layer by layer."
        actions={
          data ? (
            <Badge tone={SANDBOX_TONES[sandboxLevel(data)] ?? "danger"}>{sandboxLevel(data)}</Badge>
          ) : (
            <Skeleton className="h-5 w-9" />
          )
        }
      >
        <Layers health={data} />
      </Section>
    </div>
  );
}

function Overall({ health }: { health: HealthOf }) {
  const isWell = health.status === "healthy";
  return <Status tone={isWell ? "success" : "danger"}>{isWell ? "Healthy" : "Degraded"}</Status>;
}

const PARTS_EXPECTED = 5;
const LAYERS_EXPECTED = 8;
/** On phones as high as two lines, whether or not there are as many. */
const LINE = "border-b py-2 max-sm:min-h-[3.5625rem]";

function Parts({ health }: { health: HealthOf | undefined }) {
  if (!health) return <Lines count={PARTS_EXPECTED} />;
  return (
    <ul className="border-t text-sm">
      {partsOf(health).map(({ name, level, text }) => (
        <li
          key={name}
          className={cx("grid grid-cols-[6.5rem_minmax(0,1fr)_auto] items-baseline gap-x-4", LINE)}
        >
          <span className="font-medium">{name}</span>
          <span className="min-w-0 text-soft [overflow-wrap:anywhere]">{text}</span>
          <Status tone={TONES[level]}>{WORDS[level]}</Status>
        </li>
      ))}
    </ul>
  );
}

function Layers({ health }: { health: HealthOf | undefined }) {
  if (!health) return <Lines count={LAYERS_EXPECTED} />;
  const layers = layersOf(health);
  if (layers.length === 0) {
    return <p className="border-y py-6 text-center text-soft">It has not been tried yet.</p>;
  }
  return (
    <ul className="border-t text-sm">
      {layers.map(({ name, text, holds }) => (
        <li
          key={name}
          className={cx("grid grid-cols-[auto_8rem_minmax(0,1fr)] items-baseline gap-x-3", LINE)}
        >
          <span className={holds ? "text-success" : "text-danger"}>
            {holds ? (
              <Check size={15} className="translate-y-0.5" aria-label="holds" />
            ) : (
              <X size={15} className="translate-y-0.5" aria-label="does not hold" />
            )}
          </span>
          <span className="font-mono">{name}</span>
          <span className="text-soft">{text}</span>
        </li>
      ))}
    </ul>
  );
}

function Lines({ count }: { count: number }) {
  return (
    <div className="border-t">
      {Array.from({ length: count }, (_, line) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: these lines are all alike
        <div key={line} className={LINE}>
          <Skeleton className="my-0.5 h-4 w-3/4" />
        </div>
      ))}
    </div>
  );
}
