/** Below a projection: how far the work on it is, and what it has shown. */

import { CircleHelp, ShieldAlert, ShieldCheck } from "lucide-react";
import { Progress } from "~/components/ui/Progress";
import { percent } from "~/services/format";
import { Digest } from "./Digest";
import { isLost, isOver, type Projection, type Proof, proofOf, type Started } from "./proof";

interface ProjectionTaskProps {
  now: Projection;
  /** Undefined where it was started somewhere else. */
  started: Started | undefined;
  /** When `now` was. */
  at: number;
}

export function ProjectionTask({ now, started, at }: ProjectionTaskProps) {
  const proof = started && isOver(started, now) ? proofOf(now, started.task) : null;
  if (proof) return <Shown proof={proof} now={now} />;
  if (started && isLost(started, now, at)) {
    return (
      <p role="alert" className="text-danger">
        It did not come to its end. The server&rsquo;s log says why; the tables are as they were.
      </p>
    );
  }
  const doing = started ? DOING[started.task] : "Folding all events anew";
  return (
    <div role="status" className="flex flex-wrap items-center gap-x-4 gap-y-2 text-soft">
      <span>{doing}</span>
      <span className="min-w-40 flex-1">
        <Progress label={`${doing}: ${now.name}`} value={now.progress} />
      </span>
      <span className="figures w-12 text-right">
        {now.progress === null ? "" : percent(Math.floor(now.progress * 100) / 100)}
      </span>
    </div>
  );
}

const DOING = {
  rebuild: "Building the tables anew",
  verify: "Folding all events anew, to compare",
} as const;

const LOOKS = {
  equal: { icon: ShieldCheck, tone: "text-success" },
  different: { icon: ShieldAlert, tone: "text-danger" },
  unknown: { icon: CircleHelp, tone: "text-soft" },
} as const;

function Shown({ proof, now }: { proof: Proof; now: Projection }) {
  const { icon: Icon, tone } = LOOKS[proof.outcome];
  return (
    <div role="status" className="flex flex-wrap items-center gap-x-6 gap-y-1">
      <span className={`inline-flex items-center gap-2 font-medium ${tone}`}>
        <Icon size={17} aria-hidden className="shrink-0" /> {proof.text}
      </span>
      {now.digest !== null && (
        <span className="inline-flex items-center gap-1.5 text-soft">
          folded <Digest of={now.digest} />
        </span>
      )}
      {now.live_digest !== null && (
        <span className="inline-flex items-center gap-1.5 text-soft">
          tables <Digest of={now.live_digest} />
        </span>
      )}
    </div>
  );
}
