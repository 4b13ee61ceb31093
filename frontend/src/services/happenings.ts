/** What the feed tells, in words; it tells less than an event holds. */

import type { Happened } from "./feed";
import { plural } from "./format";
import { modelWordsOf, type Words } from "./modelWords";

/** Whose words need what the feed leaves out. */
const SHORTER: Readonly<Record<string, string>> = {
  "Model.Described": "Described anew",
  "Model.Relabelled": "A version labelled anew",
};

export function happenedInWords(event: Happened): Pick<Words, "text" | "tone"> {
  const { type, version_number: number, rows, reason, model_name } = event;
  if (event.status !== null) {
    const asked = plural(rows ?? 1, "row");
    return event.status === "success"
      ? { text: asked, tone: "success" }
      : { text: `${asked}, ${(reason ?? "failed").replace("_", " ")}`, tone: "danger" };
  }
  const { text, tone } = modelWordsOf(type, { number, name: model_name });
  return { text: SHORTER[type] ?? text, tone };
}
