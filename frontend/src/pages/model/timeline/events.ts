/** What is to be known of a model's events beside their words. */

import type { Schemas } from "~/services/api/client";
import { describeModelEvent } from "~/services/events/modelEventText";
import { shortId } from "~/services/text/format";

export type ModelEvent = Schemas["EventView"];

/** What happened and who did it, for those who hear it. */
export const describeWithActor = ({ type, data }: ModelEvent, actor: string): string =>
  `${describeModelEvent(type, data).text}, by ${actor}`;

/** Who did it; of other people than the reader nothing but their id is known here. */
export function actorName(
  { actor_id }: ModelEvent,
  user: { id: string; username: string } | null,
): string {
  if (actor_id === null) return "the platform";
  return actor_id === user?.id ? user.username : `account ${shortId(actor_id)}`;
}

/** Whether the promoted version is older than the one that served until then. */
export function isRollback(events: readonly ModelEvent[], index: number): boolean {
  const event = events[index];
  if (event?.type !== "Model.Promoted") return false;
  const before = events.slice(0, index).findLast(({ type }) => type === "Model.Promoted");
  return Number(event.data.number) < Number(before?.data.number ?? 1);
}

/** Whether the model could not be found after an event. */
export const isDeletedAfter = (events: readonly ModelEvent[], index: number): boolean =>
  events
    .slice(0, index + 1)
    .findLast(({ type }) => type === "Model.Deleted" || type === "Model.Restored")?.type ===
  "Model.Deleted";

/** The last event that had happened by a time; -1 where there was none. */
export const indexAt = (events: readonly ModelEvent[], time: string): number =>
  events.findLastIndex(({ recorded_at }) => toMicroseconds(recorded_at) <= toMicroseconds(time));

/** A time of the server's, which is more exact than the browser's. */
export function toMicroseconds(iso: string): number {
  const micros = iso.match(/\.\d{3}(\d{1,3})/)?.[1] ?? "";
  return Date.parse(iso) * 1000 + Number(micros.padEnd(3, "0"));
}
