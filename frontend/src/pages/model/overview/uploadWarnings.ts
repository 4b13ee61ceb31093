/** The warnings that the platform gave when a version was uploaded, read from its event. */

import type { Schemas } from "~/services/api/client";

type UploadEvent = Pick<Schemas["EventView"], "type" | "data">;

interface UploadEventData {
  number?: number;
  artifact?: { warnings?: readonly string[] };
}

export function uploadWarnings(events: readonly UploadEvent[], number: number): readonly string[] {
  const uploadEvent = events.find(({ type, data }) =>
    number === 1
      ? type === "Model.Uploaded"
      : type === "Model.VersionAdded" && (data as UploadEventData).number === number,
  );
  return (uploadEvent?.data as UploadEventData | undefined)?.artifact?.warnings ?? [];
}
