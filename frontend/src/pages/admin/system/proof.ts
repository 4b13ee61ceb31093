/** What a rebuild or a verification has shown, of what the projections say of themselves. */

import type { Schemas } from "~/services/api";
import { count } from "~/services/format";

export type Projection = Schemas["ProjectionView"];
export type Task = "rebuild" | "verify";

/** Work that was asked for here, and how the projection stood before. */
export interface Started {
  task: Task;
  before: Projection;
}

export type Outcome = "running" | "equal" | "different" | "unknown";

export interface Proof {
  outcome: Outcome;
  text: string;
}

/** A long digest, by its beginning and its end. */
export const shortDigest = (digest: string): string =>
  digest.length > 14 ? `${digest.slice(0, 6)}…${digest.slice(-6)}` : digest;

/** Whether what was started has come to its end. */
export const isOver = ({ before }: Started, now: Projection): boolean =>
  now.progress === null && now.verified_at !== before.verified_at;

/** What the last comparison has shown; null where there was none yet. */
export function proofOf(now: Projection, task: Task | null): Proof | null {
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

/** Whether something has to be looked at often. */
export const isBuilding = (projections: readonly Projection[]): boolean =>
  projections.some(({ progress }) => progress !== null);
