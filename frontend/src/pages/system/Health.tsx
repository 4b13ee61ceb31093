import { useQuery } from "@tanstack/react-query";
import { Check, X } from "lucide-react";
import { cx } from "~/components/cx";
import { Badge, Status, type Tone } from "~/components/data/Badge";
import { ErrorState } from "~/components/feedback/ErrorState";
import { Skeleton } from "~/components/feedback/Skeleton";
import { Section } from "~/components/layout/Section";
import {
  fetchHealth,
  type Health as HealthView,
  healthParts,
  type Level,
  sandboxLayers,
  sandboxLevel,
} from "./healthReport";

const REFRESH_INTERVAL_MS = 5_000;
const LEVEL_TONES: Record<Level, Tone> = { well: "success", limited: "warn", down: "danger" };
const LEVEL_LABELS: Record<Level, string> = { well: "Well", limited: "Limited", down: "Down" };
const SANDBOX_TONES: Record<string, Tone> = { full: "success", reduced: "warn", none: "danger" };

export function Health() {
  const { data, error, refetch } = useQuery({
    queryKey: ["get", "/health"],
    queryFn: fetchHealth,
    refetchInterval: REFRESH_INTERVAL_MS,
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
        <HealthParts health={data} />
      </Section>
      <Section
        title="Sandbox"
        text="The layers that confine the processes of uploaded models."
        actions={
          data ? (
            <Badge tone={SANDBOX_TONES[sandboxLevel(data)] ?? "danger"}>{sandboxLevel(data)}</Badge>
          ) : (
            <Skeleton className="h-5 w-9" />
          )
        }
      >
        <SandboxLayers health={data} />
      </Section>
    </div>
  );
}

function Overall({ health }: { health: HealthView }) {
  const isHealthy = health.status === "healthy";
  return (
    <Status tone={isHealthy ? "success" : "danger"}>{isHealthy ? "Healthy" : "Degraded"}</Status>
  );
}

const SKELETON_PARTS = 5;
const SKELETON_LAYERS = 8;
/** On phones as high as two lines, so that loading does not move the content. */
const ROW_CLASSES = "border-b py-2 max-sm:min-h-[3.5625rem]";

function HealthParts({ health }: { health: HealthView | undefined }) {
  if (!health) return <RowSkeletons count={SKELETON_PARTS} />;
  return (
    <ul className="border-t text-sm">
      {healthParts(health).map(({ name, level, text }) => (
        <li
          key={name}
          className={cx(
            "grid grid-cols-[6.5rem_minmax(0,1fr)_auto] items-baseline gap-x-4",
            ROW_CLASSES,
          )}
        >
          <span className="font-medium">{name}</span>
          <span className="min-w-0 text-soft [overflow-wrap:anywhere]">{text}</span>
          <Status tone={LEVEL_TONES[level]}>{LEVEL_LABELS[level]}</Status>
        </li>
      ))}
    </ul>
  );
}

function SandboxLayers({ health }: { health: HealthView | undefined }) {
  if (!health) return <RowSkeletons count={SKELETON_LAYERS} />;
  const layers = sandboxLayers(health);
  if (layers.length === 0) {
    return <p className="border-y py-6 text-center text-soft">It has not been tested yet.</p>;
  }
  return (
    <ul className="border-t text-sm">
      {layers.map(({ name, text, isActive }) => (
        <li
          key={name}
          className={cx(
            "grid grid-cols-[auto_8rem_minmax(0,1fr)] items-baseline gap-x-3",
            ROW_CLASSES,
          )}
        >
          <span className={isActive ? "text-success" : "text-danger"}>
            {isActive ? (
              <Check size={15} className="translate-y-0.5" aria-label="active" />
            ) : (
              <X size={15} className="translate-y-0.5" aria-label="inactive" />
            )}
          </span>
          <span className="font-mono">{name}</span>
          <span className="text-soft">{text}</span>
        </li>
      ))}
    </ul>
  );
}

function RowSkeletons({ count }: { count: number }) {
  return (
    <div className="border-t">
      {Array.from({ length: count }, (_, line) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: these lines are all alike
        <div key={line} className={ROW_CLASSES}>
          <Skeleton className="my-0.5 h-4 w-3/4" />
        </div>
      ))}
    </div>
  );
}
