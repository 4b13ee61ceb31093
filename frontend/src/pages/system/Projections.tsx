import { useState } from "react";
import { Button } from "~/components/buttons/Button";
import { Status, type Tone } from "~/components/data/Badge";
import { type Column, Table } from "~/components/data/Table";
import { Time } from "~/components/data/Time";
import { ErrorState } from "~/components/feedback/ErrorState";
import { toast } from "~/components/feedback/toasts";
import { Section } from "~/components/layout/Section";
import { toApiError } from "~/services/api/errors";
import { count, duration, plural } from "~/services/text/format";
import { Digest } from "./Digest";
import { ProjectionTask } from "./ProjectionTask";
import { useProjections } from "./useProjections";
import type { Projection, Task } from "./verification";

const TONES: Record<Projection["status"], Tone> = {
  "up to date": "success",
  behind: "warn",
  building: "accent",
};
const MS_PER_S = 1000;

export function Projections() {
  const { projections, tasks, start, error, isPending, refetch, at } = useProjections();
  const [startingName, setStartingName] = useState<string | null>(null);
  const startTask = async (task: Task, projection: Projection) => {
    setStartingName(projection.name);
    try {
      await start(task, projection);
    } catch (thrown) {
      toast({ text: toApiError(thrown).message, tone: "danger" });
    } finally {
      setStartingName(null);
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
      text="The tables that listings and figures are read from. All of them can be rebuilt from the events; equal digests prove that they contain nothing else."
    >
      {error ? (
        <ErrorState error={error} onRetry={() => void refetch()} />
      ) : (
        <Table
          label="Projections"
          columns={columns((task, projection) => void startTask(task, projection), startingName)}
          rows={projections}
          keyOf={({ name }) => name}
          isPending={isPending}
          detail={detail}
        />
      )}
    </Section>
  );
}

type StartTask = (task: Task, projection: Projection) => void;

const columns = (
  startTask: StartTask,
  startingName: string | null,
): readonly Column<Projection>[] => [
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
    isNumeric: true,
    cell: ({ lag_events: events, lag_seconds: seconds }) =>
      events === 0 ? null : `${plural(events, "event")}, ${duration(seconds * MS_PER_S)}`,
  },
  {
    title: "Position",
    isNumeric: true,
    isMinor: true,
    className: "max-sm:hidden",
    cell: ({ position }) => count(position),
  },
  {
    title: "Rule",
    isNumeric: true,
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
    isNumeric: true,
    cell: ({ parked }) =>
      parked === 0 ? null : <span className="text-danger">{count(parked)}</span>,
  },
  {
    title: "Digest",
    className: "max-sm:items-center",
    cell: ({ digest }) => digest && <Digest of={digest} />,
  },
  { title: "Verified", isNumeric: true, cell: ({ verified_at: at }) => at && <Time at={at} /> },
  {
    title: "Actions",
    isActions: true,
    cell: (projection) => {
      const { name, progress } = projection;
      const isBusy = progress !== null || startingName === name;
      return (
        <span className="-mr-2.5 inline-flex sm:-my-1">
          {(["verify", "rebuild"] as const).map((task) => (
            <Button
              key={task}
              variant="quiet"
              isSmall
              disabled={isBusy}
              onClick={() => startTask(task, projection)}
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
