/** The result of a rebuild or verification, derived from the projection's state. */

import type { Schemas } from "~/services/api/client";
import { count } from "~/services/text/format";

export type Projection = Schemas["ProjectionView"];
export type Task = "rebuild" | "verify";

/** A task started from this page, with the projection's state before it. */
export interface StartedTask {
  task: Task;
  before: Projection;
  /** When it was last seen running, in milliseconds. */
  seenAt: number;
}

export type Outcome = "equal" | "different" | "unknown";

export interface VerificationResult {
  outcome: Outcome;
  text: string;
}

const DIGEST_LENGTH_MAX = 10;

/** The end of a long digest, which begins with the names of the tables. */
export const shortDigest = (digest: string): string =>
  digest.length > DIGEST_LENGTH_MAX ? `…${digest.slice(-DIGEST_LENGTH_MAX)}` : digest;

export const isFinished = ({ before }: StartedTask, now: Projection): boolean =>
  now.progress === null && now.verified_at !== before.verified_at;

/** The result of the last comparison; null if there was none. */
export function verificationResult(now: Projection, task: Task | null): VerificationResult | null {
  if (now.verified_position === null || now.digest === null) return null;
  const events = `${count(now.verified_position)} events`;
  const done = task === "rebuild" ? `Rebuilt from ${events}` : `Replayed from ${events}`;
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

/** Whether the task ended without a result: it failed, or its process ended. */
export const hasFailed = (started: StartedTask, now: Projection, at: number): boolean =>
  now.progress === null && !isFinished(started, now) && at - started.seenAt > TASK_TIMEOUT_MS;
