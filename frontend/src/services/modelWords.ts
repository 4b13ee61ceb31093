/** What happens to models, in words. The live feed and a model's timeline need no others. */

import { bytes, duration, plural } from "./format";

export type WordsTone = "plain" | "accent" | "success" | "warn" | "danger";

export interface Words {
  /** What happened, without a full stop: "Version 2 added". */
  text: string;
  note: string | null;
  tone: WordsTone;
}

export type Data = Readonly<Record<string, unknown>>;
export type Said = string | { text: string; note?: string | null; tone?: WordsTone };

/** By topic, as `domain/events.py` has them. */
export const MODEL_WORDS: Readonly<Record<string, (data: Data) => Said>> = {
  "Model.Uploaded": (data) => ({
    text: `Uploaded as ${quoted(data.name)}; version 1 serves`,
    note: artifact(data),
    tone: "success",
  }),
  "Model.VersionAdded": (data) => ({
    text: `${version(data)} added${labelled(data)}`,
    note: artifact(data),
    tone: "accent",
  }),
  "Model.Promoted": (data) => ({ text: `${version(data)} serves from now on`, tone: "success" }),
  "Model.Renamed": (data) => `Renamed to ${quoted(data.name)}`,
  "Model.Described": (data) =>
    data.description
      ? { text: "Described anew", note: String(data.description) }
      : "Description removed",
  "Model.Relabelled": (data) => `${version(data)} labelled ${quoted(data.label)}`,
  "Model.SchemaDescribed": (data) => `${version(data)}: what it takes and gives described`,
  "Model.Quarantined": (data) => ({
    text: `${version(data)} quarantined: it is asked nothing more`,
    note: text(data.reason),
    tone: "danger",
  }),
  "Model.Released": (data) => ({
    text: `${version(data)} released from quarantine`,
    tone: "success",
  }),
  "Model.Deactivated": () => ({ text: "Model deactivated: it answers no calls", tone: "warn" }),
  "Model.Reactivated": () => ({ text: "Model active again", tone: "success" }),
  "Model.Deleted": () => ({ text: "Model deleted; its history stays", tone: "danger" }),
  "Model.Restored": () => ({ text: "Model restored", tone: "success" }),
  "Prediction.Served": (data) => ({
    text: `${version(data)} answered ${rows(data)}`,
    note: took(data),
    tone: "success",
  }),
  "Prediction.Failed": (data) => ({
    text: `${version(data)} gave no answer to ${rows(data)}: ${FAILURES[String(data.reason)] ?? "it failed"}`,
    note: text(data.error),
    tone: "danger",
  }),
};

const FAILURES: Readonly<Record<string, string>> = {
  refused: "it refused the input",
  crashed: "its process ended",
  timed_out: "its time was over",
};

/** Say what an event of a model is about; of a kind that this page does not know yet, its name is given. */
export const modelWordsOf = (topic: string, data: Data): Words =>
  inFull(MODEL_WORDS[topic]?.(data) ?? topic);

export const inFull = (said: Said): Words => ({
  note: null,
  tone: "plain",
  ...(typeof said === "string" ? { text: said } : said),
});

const text = (value: unknown): string | null =>
  value === null || value === undefined || value === "" ? null : String(value);
export const quoted = (value: unknown): string => `“${String(value ?? "")}”`;
const version = ({ number }: Data): string => `Version ${String(number ?? "?")}`;
const rows = (data: Data): string => plural(Number(data.rows ?? 0), "row");

/** A label that only repeats the number says nothing. */
const labelled = ({ label, number }: Data): string =>
  label && label !== String(number) ? `, labelled ${quoted(label)}` : "";

function took({ queue_us, inference_us }: Data): string | null {
  const us = Number(queue_us) + Number(inference_us);
  return Number.isFinite(us) ? `It took ${duration(us / 1000)}.` : null;
}

function artifact(data: Data): string | null {
  if (typeof data.artifact !== "object" || data.artifact === null) return null;
  const { model_type, framework, framework_version, size } = data.artifact as Data;
  const made = [framework, framework_version].filter(Boolean).join(" ");
  return [model_type, made, typeof size === "number" ? bytes(size) : null]
    .filter(Boolean)
    .join(", ");
}
