/** What a rebuild or a verification has shown, of what the projections say of themselves. */

import type { Schemas } from "~/services/api/client";
import { count } from "~/services/text/format";

export type Projection = Schemas["ProjectionView"];
export type Task = "rebuild" | "verify";

/** Work that was asked for here, and how the projection stood before. */
export interface StartedTask {
  task: Task;
  before: Projection;
  /** When it was last seen at work, in milliseconds. */
  seenAt: number;
}

export type Outcome = "equal" | "different" | "unknown";

export interface VerificationResult {
  outcome: Outcome;
  text: string;
}

const DIGEST_LENGTH_MAX = 10;

/** A long digest, by its end: it begins with the tables' names. */
export const shortDigest = (digest: string): string =>
  digest.length > DIGEST_LENGTH_MAX ? `…${digest.slice(-DIGEST_LENGTH_MAX)}` : digest;

/** Whether what was started has come to its end. */
export const isFinished = ({ before }: StartedTask, now: Projection): boolean =>
  now.progress === null && now.verified_at !== before.verified_at;

/** What the last comparison has shown; null where there was none yet. */
export function verificationResult(now: Projection, task: Task | null): VerificationResult | null {
  if (now.verified_position === null || now.digest === null) return null;
  const events = `${count(now.verified_position)} events`;
  const done = task === "rebuild" ? `Rebuilt from ${events}` : `Folded anew from ${events}`;
  if (now.live_digest === null)
    return { outcome: "unknown", text: `${done}; there were no tables of this rule to compare` };
  if (now.live_digest === now.digest) return { outcome: "equal", text: `${done}; digest equal` };
  return {
    outcome: "different",
    text: now.is_verified
      ? `${done}; the tables before were wrong, and are right now`
      : `${done}; digest different: rebuild it`,
  };
}

const TASK_TIMEOUT_MS = 15_000;

/** Whether it has come to an end without a mark: it failed, or its process ended. */
export const hasFailed = (started: StartedTask, now: Projection, at: number): boolean =>
  now.progress === null && !isFinished(started, now) && at - started.seenAt > TASK_TIMEOUT_MS;
