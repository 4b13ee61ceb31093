/** Texts for events of the live feed, which have less data than stored events. */

import { plural } from "~/services/text/format";
import type { FeedEvent } from "./feed";
import { describeModelEvent, type EventText } from "./modelEventText";

/** Types whose usual text needs data that the feed omits. */
const SHORT_TEXTS: Readonly<Record<string, string>> = {
  "Model.Described": "Description changed",
  "Model.Relabelled": "Label of a version changed",
};

export function describeFeedEvent(event: FeedEvent): Pick<EventText, "text" | "tone"> {
  const { type, version_number: number, rows, reason, model_name } = event;
  if (event.status !== null) {
    const rowCount = plural(rows ?? 1, "row");
    return event.status === "success"
      ? { text: rowCount, tone: "success" }
      : { text: `${rowCount}, ${(reason ?? "failed").replace("_", " ")}`, tone: "danger" };
  }
  const { text, tone } = describeModelEvent(type, { number, name: model_name });
  return { text: SHORT_TEXTS[type] ?? text, tone };
}
