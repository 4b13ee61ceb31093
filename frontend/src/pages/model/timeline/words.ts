/** What happened to a model, in words. */

import type { Schemas } from "~/services/api";
import { shortId } from "~/services/format";

export type ModelEvent = Schemas["EventView"];

/** Parts of a sentence; what users wrote is quoted, and set apart where it is shown. */
export interface Part {
  text: string;
  isQuoted?: boolean;
}

type Data = Readonly<Record<string, unknown>>;

const said = (text: string): Part => ({ text });
const quoted = (value: unknown): Part => ({ text: String(value ?? ""), isQuoted: true });

const SENTENCES: Readonly<Record<string, (data: Data) => Part[]>> = {
  "Model.Uploaded": ({ name, artifact }) => [
    said("uploaded"),
    quoted(name),
    said(`${typeOf(artifact)}as version 1, which serves at once`),
  ],
  "Model.VersionAdded": ({ number, label, artifact }) => [
    said(`added version ${number}`),
    quoted(label),
    said(typeOf(artifact).trim()),
  ],
  "Model.Promoted": ({ number }) => [said(`promoted version ${number}`)],
  "Model.Renamed": ({ name }) => [said("renamed it"), quoted(name)],
  "Model.Described": ({ description }) =>
    description === ""
      ? [said("removed the description")]
      : [said("wrote the description"), quoted(description)],
  "Model.Relabelled": ({ number, label }) => [said(`labelled version ${number}`), quoted(label)],
  "Model.SchemaDescribed": ({ number }) => [
    said(`documented what version ${number} takes and gives`),
  ],
  "Model.Quarantined": ({ number, reason }) => [
    said(`quarantined version ${number}, because`),
    said(String(reason)),
  ],
  "Model.Released": ({ number }) => [said(`released version ${number} from quarantine`)],
  "Model.Deactivated": () => [said("deactivated it: calls are refused")],
  "Model.Reactivated": () => [said("reactivated it: calls are answered again")],
  "Model.Deleted": () => [said("deleted it")],
  "Model.Restored": () => [said("restored it")],
};

/** What was done, as the end of a sentence that begins with who did it. */
export function doneIn({ type, data }: ModelEvent): Part[] {
  const parts = SENTENCES[type]?.(data) ?? [said(`did what is called ${type}`)];
  return parts.filter(({ text, isQuoted }) => isQuoted || text !== "");
}

/** The same without marks, for those who hear it. */
export const sentenceOf = (event: ModelEvent, actor: string): string =>
  [actor, ...doneIn(event).map(({ text, isQuoted }) => (isQuoted ? `“${text}”` : text))].join(" ");

/** Who did it; of other people than the reader nothing but their id is known here. */
export function actorOf(
  { actor_id }: ModelEvent,
  me: { id: string; username: string } | null,
): string {
  if (actor_id === null) return "The platform";
  return actor_id === me?.id ? me.username : `Account ${shortId(actor_id)}`;
}

/** Whether the promoted version is older than the one that served until then. */
export function isRollback(events: readonly ModelEvent[], index: number): boolean {
  const event = events[index];
  if (event?.type !== "Model.Promoted") return false;
  const before = events.slice(0, index).findLast(({ type }) => type === "Model.Promoted");
  return Number(event.data.number) < Number(before?.data.number ?? 1);
}

/** Whether the model could not be found after an event. */
export const isGoneAfter = (events: readonly ModelEvent[], index: number): boolean =>
  events
    .slice(0, index + 1)
    .findLast(({ type }) => type === "Model.Deleted" || type === "Model.Restored")?.type ===
  "Model.Deleted";

/** The last event that had happened by a time; -1 where there was none. */
export const indexAt = (events: readonly ModelEvent[], time: string): number =>
  events.findLastIndex(({ recorded_at }) => microsOf(recorded_at) <= microsOf(time));

/** A time of the server's, which is more exact than the browser's. */
export function microsOf(iso: string): number {
  const micros = iso.match(/\.\d{3}(\d{1,3})/)?.[1] ?? "";
  return Date.parse(iso) * 1000 + Number(micros.padEnd(3, "0"));
}

function typeOf(artifact: unknown): string {
  const type = (artifact as { model_type?: unknown } | null)?.model_type;
  return typeof type === "string" ? `(${type}) ` : "";
}
