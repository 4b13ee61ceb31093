/** Helpers on the events of a model. */

import type { Schemas } from "~/services/api/client";
import { describeModelEvent } from "~/services/events/modelEventText";
import { shortId } from "~/services/text/format";

export type ModelEvent = Schemas["EventView"];

/** The text of an event and its actor, for screen readers. */
export const describeWithActor = ({ type, data }: ModelEvent, actor: string): string =>
  `${describeModelEvent(type, data).text}, by ${actor}`;

/** The name of the actor; other users are known by id only. */
export function actorName(
  { actor_id }: ModelEvent,
  user: { id: string; username: string } | null,
): string {
  if (actor_id === null) return "the platform";
  return actor_id === user?.id ? user.username : `account ${shortId(actor_id)}`;
}

/** Whether the promoted version is older than the one before. */
export function isRollback(events: readonly ModelEvent[], index: number): boolean {
  const event = events[index];
  if (event?.type !== "Model.Promoted") return false;
  const before = events.slice(0, index).findLast(({ type }) => type === "Model.Promoted");
  return Number(event.data.number) < Number(before?.data.number ?? 1);
}

/** Whether the model was deleted after an event. */
export const isDeletedAfter = (events: readonly ModelEvent[], index: number): boolean =>
  events
    .slice(0, index + 1)
    .findLast(({ type }) => type === "Model.Deleted" || type === "Model.Restored")?.type ===
  "Model.Deleted";

/** The index of the latest event at a time; -1 if there is none. */
export const indexAt = (events: readonly ModelEvent[], time: string): number =>
  events.findLastIndex(({ recorded_at }) => toMicroseconds(recorded_at) <= toMicroseconds(time));

/** The server's timestamps have microseconds, which `Date` drops. */
export function toMicroseconds(iso: string): number {
  const micros = iso.match(/\.\d{3}(\d{1,3})/)?.[1] ?? "";
  return Date.parse(iso) * 1000 + Number(micros.padEnd(3, "0"));
}
