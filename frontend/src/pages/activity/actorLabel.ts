import { shortId } from "~/services/text/format";

interface ActorContext {
  ownId: string;
  /** What the accounts are called that may be told of. */
  names: ReadonlyMap<string, string>;
  isFullLog: boolean;
}

/** Who did something, in a word; null where it goes without saying. */
export function actorLabel(
  id: string | null,
  { ownId, names, isFullLog }: ActorContext,
): string | null {
  if (id === null) return null; // the platform itself, or somebody who was not signed in
  if (!isFullLog) return id === ownId ? null : "somebody else";
  return id === ownId ? "you" : (names.get(id) ?? shortId(id));
}
