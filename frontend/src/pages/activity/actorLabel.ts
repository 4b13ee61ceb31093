import { shortId } from "~/services/text/format";

interface ActorContext {
  ownId: string;
  /** Usernames by account id, as far as they are known. */
  names: ReadonlyMap<string, string>;
  isFullLog: boolean;
}

/** The name of an actor; null if it is obvious. */
export function actorLabel(
  id: string | null,
  { ownId, names, isFullLog }: ActorContext,
): string | null {
  if (id === null) return null; // the platform, or somebody who was not signed in
  if (!isFullLog) return id === ownId ? null : "somebody else";
  return id === ownId ? "you" : (names.get(id) ?? shortId(id));
}
