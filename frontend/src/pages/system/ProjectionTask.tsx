/** The progress of a rebuild or verification, and its result. */

import { CircleHelp, ShieldAlert, ShieldCheck } from "lucide-react";
import { ProgressBar } from "~/components/feedback/ProgressBar";
import { percent } from "~/services/text/format";
import { Digest } from "./Digest";
import {
  hasFailed,
  isFinished,
  type Projection,
  type StartedTask,
  type VerificationResult,
  verificationResult,
} from "./verification";

interface ProjectionTaskProps {
  now: Projection;
  /** Undefined if it was started elsewhere. */
  started: StartedTask | undefined;
  /** The time of `now`. */
  at: number;
}

export function ProjectionTask({ now, started, at }: ProjectionTaskProps) {
  const result = started && isFinished(started, now) ? verificationResult(now, started.task) : null;
  if (result) return <VerificationNote result={result} now={now} />;
  if (started && hasFailed(started, now, at)) {
    return (
      <p role="alert" className="text-danger">
        It did not finish. The server&rsquo;s log says why; the tables are unchanged.
      </p>
    );
  }
  const label = started ? TASK_LABELS[started.task] : "Replaying all events";
  return (
    <div role="status" className="flex flex-wrap items-center gap-x-4 gap-y-2 text-soft">
      <span>{label}</span>
      <span className="min-w-40 flex-1">
        <ProgressBar label={`${label}: ${now.name}`} value={now.progress} />
      </span>
      <span className="figures w-12 text-right">
        {now.progress === null ? "" : percent(Math.floor(now.progress * 100) / 100)}
      </span>
    </div>
  );
}

const TASK_LABELS = {
  rebuild: "Rebuilding the tables",
  verify: "Replaying all events, to compare",
} as const;

const OUTCOME_STYLES = {
  equal: { icon: ShieldCheck, tone: "text-success" },
  different: { icon: ShieldAlert, tone: "text-danger" },
  unknown: { icon: CircleHelp, tone: "text-soft" },
} as const;

function VerificationNote({ result, now }: { result: VerificationResult; now: Projection }) {
  const { icon: Icon, tone } = OUTCOME_STYLES[result.outcome];
  return (
    <div role="status" className="flex flex-wrap items-center gap-x-6 gap-y-1">
      <span className={`inline-flex items-center gap-2 font-medium ${tone}`}>
        <Icon size={17} aria-hidden className="shrink-0" /> {result.text}
      </span>
      {now.digest !== null && (
        <span className="inline-flex items-center gap-1.5 text-soft">
          replayed <Digest of={now.digest} />
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
