import { useState } from "react";
import { Status, type Tone } from "~/components/ui/Badge";
import { Button } from "~/components/ui/Button";
import { ErrorState } from "~/components/ui/ErrorState";
import { Section } from "~/components/ui/Section";
import { type Column, Table } from "~/components/ui/Table";
import { Time } from "~/components/ui/Time";
import { toast } from "~/components/ui/toasts";
import { count, duration, plural } from "~/services/format";
import { refusalOfError } from "~/services/problems";
import { Digest } from "./Digest";
import { ProjectionTask } from "./ProjectionTask";
import type { Projection, Task } from "./proof";
import { useProjections } from "./useProjections";

const TONES: Record<Projection["status"], Tone> = {
  "up to date": "success",
  behind: "warn",
  building: "accent",
};
const MS_IN_S = 1000;

export function Projections() {
  const { projections, tasks, start, error, isPending, refetch, at } = useProjections();
  const [asked, setAsked] = useState<string | null>(null);
  const begin = async (task: Task, projection: Projection) => {
    setAsked(projection.name);
    try {
      await start(task, projection);
    } catch (thrown) {
      toast({ text: refusalOfError(thrown).message, tone: "danger" });
    } finally {
      setAsked(null);
    }
  };
  const detail = (now: Projection) => {
    const started = tasks[now.name];
    if (!started && now.progress === null) return null;
    return <ProjectionTask now={now} started={started} at={at} />;
  };
  return (
    <Section
      title="Projections"
      text="The tables that listings and figures are read from. All of them can be folded anew from the events; equal digests prove that nothing else went into them."
    >
      {error ? (
        <ErrorState error={error} onRetry={() => void refetch()} />
      ) : (
        <Table
          label="Projections"
          columns={columnsWith((task, projection) => void begin(task, projection), asked)}
          rows={projections}
          keyOf={({ name }) => name}
          isPending={isPending}
          detail={detail}
        />
      )}
    </Section>
  );
}

type Begin = (task: Task, projection: Projection) => void;

const columnsWith = (begin: Begin, asked: string | null): readonly Column<Projection>[] => [
  {
    title: "Projection",
    isMain: true,
    cell: ({ name }) => <span className="font-mono sm:whitespace-nowrap">{name}</span>,
  },
  {
    title: "State",
    cell: ({ status }) => (
      <Status tone={TONES[status]} isBusy={status === "building"}>
        {status}
      </Status>
    ),
  },
  {
    title: "Behind",
    isFigure: true,
    cell: ({ lag_events: events, lag_seconds: seconds }) =>
      events === 0 ? null : `${plural(events, "event")}, ${duration(seconds * MS_IN_S)}`,
  },
  {
    title: "Position",
    isFigure: true,
    isMinor: true,
    className: "max-sm:hidden",
    cell: ({ position }) => count(position),
  },
  {
    title: "Rule",
    isFigure: true,
    isMinor: true,
    className: "max-sm:hidden",
    cell: ({ rule_version: rule, generation }) => (
      <span title={`Rule ${rule}, built ${plural(generation, "time")}`}>
        {rule}.{generation}
      </span>
    ),
  },
  {
    title: "Parked",
    isFigure: true,
    cell: ({ parked }) =>
      parked === 0 ? null : <span className="text-danger">{count(parked)}</span>,
  },
  {
    title: "Digest",
    className: "max-sm:items-center",
    cell: ({ digest }) => digest && <Digest of={digest} />,
  },
  { title: "Verified", isFigure: true, cell: ({ verified_at: at }) => at && <Time at={at} /> },
  {
    title: "Actions",
    isActions: true,
    cell: (projection) => {
      const { name, progress } = projection;
      const isBusy = progress !== null || asked === name;
      return (
        <span className="-mr-2.5 inline-flex sm:-my-1">
          {(["verify", "rebuild"] as const).map((task) => (
            <Button
              key={task}
              look="quiet"
              isSmall
              disabled={isBusy}
              onClick={() => begin(task, projection)}
            >
              {task === "verify" ? "Verify" : "Rebuild"}
              <span className="sr-only"> {name}</span>
            </Button>
          ))}
        </span>
      );
    },
  },
];
