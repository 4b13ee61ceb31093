import { shortId } from "~/services/format";

interface Known {
  me: string;
  /** What the accounts are called that may be told of. */
  names: ReadonlyMap<string, string>;
  isWhole: boolean;
}

/** Who did something, in a word; null where it goes without saying. */
export function actorOf(id: string | null, { me, names, isWhole }: Known): string | null {
  if (id === null) return null; // the platform itself, or somebody who was not signed in
  if (!isWhole) return id === me ? null : "somebody else";
  return id === me ? "you" : (names.get(id) ?? shortId(id));
}
