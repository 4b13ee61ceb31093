/** What the platform had to say about a file when it was taken in: it stands in the event of that. */

import type { Schemas } from "~/services/api";

type Told = Pick<Schemas["EventView"], "type" | "data">;

interface TakenIn {
  number?: number;
  artifact?: { warnings?: readonly string[] };
}

export function warningsOf(events: readonly Told[], number: number): readonly string[] {
  const taken = events.find(({ type, data }) =>
    number === 1
      ? type === "Model.Uploaded"
      : type === "Model.VersionAdded" && (data as TakenIn).number === number,
  );
  return (taken?.data as TakenIn | undefined)?.artifact?.warnings ?? [];
}
