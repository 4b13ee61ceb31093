/** Texts for model events, which the live feed and the timeline use without the others. */

import { bytes, duration, plural } from "~/services/text/format";

export type EventTone = "plain" | "accent" | "success" | "warn" | "danger";

export interface EventText {
  /** Without a full stop: "Version 2 added". */
  text: string;
  note: string | null;
  tone: EventTone;
}

export type EventData = Readonly<Record<string, unknown>>;
export type EventTextOrParts = string | { text: string; note?: string | null; tone?: EventTone };

/** By topic, as the aggregates in `domain/` define them. */
export const MODEL_EVENT_TEXTS: Readonly<Record<string, (data: EventData) => EventTextOrParts>> = {
  "Model.Uploaded": (data) => ({
    text: `Uploaded as ${quote(data.name)}; version 1 is live`,
    note: describeArtifact(data),
    tone: "success",
  }),
  "Model.VersionAdded": (data) => ({
    text: `${versionName(data)} added${labelSuffix(data)}`,
    note: describeArtifact(data),
    tone: "accent",
  }),
  "Model.Promoted": (data) => ({
    text: `${versionName(data)} promoted`,
    tone: "success",
  }),
  "Model.Renamed": (data) => `Renamed to ${quote(data.name)}`,
  "Model.Described": (data) =>
    data.description
      ? { text: "Description changed", note: String(data.description) }
      : "Description removed",
  "Model.Relabelled": (data) => `${versionName(data)} labelled ${quote(data.label)}`,
  "Model.SchemaDescribed": (data) => `${versionName(data)}: input and output documented`,
  "Model.Quarantined": (data) => ({
    text: `${versionName(data)} quarantined: it is no longer called`,
    note: textOrNull(data.reason),
    tone: "danger",
  }),
  "Model.Released": (data) => ({
    text: `${versionName(data)} released from quarantine`,
    tone: "success",
  }),
  "Model.Deactivated": () => ({ text: "Model deactivated: it answers no calls", tone: "warn" }),
  "Model.Reactivated": () => ({ text: "Model active again", tone: "success" }),
  "Model.Deleted": () => ({ text: "Model deleted; its history is kept", tone: "danger" }),
  "Model.Restored": () => ({ text: "Model restored", tone: "success" }),
  "Prediction.Served": (data) => ({
    text: `${versionName(data)} answered ${rowCount(data)}`,
    note: durationNote(data),
    tone: "success",
  }),
  "Prediction.Failed": (data) => ({
    text: `${versionName(data)} failed on ${rowCount(data)}: ${FAILURE_TEXTS[String(data.reason)] ?? "it failed"}`,
    note: textOrNull(data.error),
    tone: "danger",
  }),
};

const FAILURE_TEXTS: Readonly<Record<string, string>> = {
  refused: "it refused the input",
  crashed: "its process crashed",
  timed_out: "it timed out",
};

/** Describe an event of a model; an unknown type is shown by its topic. */
export const describeModelEvent = (topic: string, data: EventData): EventText =>
  toEventText(MODEL_EVENT_TEXTS[topic]?.(data) ?? topic);

export const toEventText = (text: EventTextOrParts): EventText => ({
  note: null,
  tone: "plain",
  ...(typeof text === "string" ? { text: text } : text),
});

const textOrNull = (value: unknown): string | null =>
  value === null || value === undefined || value === "" ? null : String(value);
export const quote = (value: unknown): string => `“${String(value ?? "")}”`;
const versionName = ({ number }: EventData): string => `Version ${String(number ?? "?")}`;
const rowCount = (data: EventData): string => plural(Number(data.rows ?? 0), "row");

/** A label equal to the number is omitted. */
const labelSuffix = ({ label, number }: EventData): string =>
  label && label !== String(number) ? `, labelled ${quote(label)}` : "";

function durationNote({ queue_us, inference_us }: EventData): string | null {
  const us = Number(queue_us) + Number(inference_us);
  return Number.isFinite(us) ? `Latency: ${duration(us / 1000)}` : null;
}

function describeArtifact(data: EventData): string | null {
  if (typeof data.artifact !== "object" || data.artifact === null) return null;
  const { model_type, framework, framework_version, size } = data.artifact as EventData;
  const library = [framework, framework_version].filter(Boolean).join(" ");
  return [model_type, library, typeof size === "number" ? bytes(size) : null]
    .filter(Boolean)
    .join(", ");
}
