/** Everything that is recorded, in words: one line of what happened, and a note where more is to be said. */

import { bytes, day, duration, plural } from "./format";
import { agentInWords } from "./userAgent";

export type WordsTone = "plain" | "accent" | "success" | "warn" | "danger";

export interface Words {
  /** What happened, without a full stop: "Version 2 added". */
  text: string;
  note: string | null;
  tone: WordsTone;
}

type Data = Readonly<Record<string, unknown>>;
type Said = string | { text: string; note?: string | null; tone?: WordsTone };

/** By topic, as `domain/events.py` has them. */
const WORDS: Readonly<Record<string, (data: Data) => Said>> = {
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
  "User.Registered": () => ({ text: "Account opened", tone: "success" }),
  "User.ProfileChanged": () => "E-mail address or full name changed",
  "User.PasswordChanged": (data) => ({
    text: "Password changed",
    note: data.kept_session_id
      ? "All sessions ended but the one it was changed in."
      : "All sessions ended.",
    tone: "accent",
  }),
  "User.AdminGranted": () => ({ text: "Made an administrator", tone: "accent" }),
  "User.AdminRevoked": () => ({ text: "No longer an administrator", tone: "warn" }),
  "User.Deactivated": () => ({ text: "Account closed for the time being", tone: "warn" }),
  "User.Reactivated": () => ({ text: "Account opened again", tone: "success" }),
  "Reservation.Taken": (data) => `${nameKind(data)} taken by an account`,
  "Reservation.Released": () => "A name let go by its account",
  "Session.Opened": (data) => ({
    text: "Signed in",
    note: data.user_agent ? agentInWords(String(data.user_agent)) : null,
  }),
  "Session.Refreshed": () => "Session continued",
  "Session.Closed": (data) => CLOSINGS[String(data.reason)] ?? "Session ended",
  "Session.ReuseDetected": () => ({
    text: "Session ended: an old refresh token came back",
    note: "Somebody may have copied it.",
    tone: "danger",
  }),
  "ApiKey.Issued": (data) => ({
    text: `API key ${quoted(data.name)} made`,
    note: terms(data),
    tone: "accent",
  }),
  "ApiKey.Revoked": () => ({ text: "API key revoked", tone: "warn" }),
};

const FAILURES: Readonly<Record<string, string>> = {
  refused: "it refused the input",
  crashed: "its process ended",
  timed_out: "its time was over",
};
const CLOSINGS: Readonly<Record<string, string>> = {
  logout: "Signed out",
  revoked: "Signed out from another session",
  password_changed: "Session ended by a new password",
  deactivated: "Session ended as the account was closed",
};

/** The kinds of events, in the order in which they are chosen from. */
export const TOPICS: readonly string[] = Object.keys(WORDS);

/** Say what an event is about; of a kind that this page does not know yet, its name is given. */
export function wordsOf(topic: string, data: Data): Words {
  const said = WORDS[topic]?.(data) ?? topic;
  return { note: null, tone: "plain", ...(typeof said === "string" ? { text: said } : said) };
}

/** A kind of event as one chooses it from a list: "Model · Version added". */
export function topicInWords(topic: string): string {
  const [noun = "", verb = ""] = topic.split(".");
  const words = verb.replace(/(?<=[a-z])(?=[A-Z])/g, " ").toLowerCase();
  return `${NOUNS[noun] ?? noun} · ${words}`;
}

const NOUNS: Readonly<Record<string, string>> = {
  User: "Account",
  Reservation: "Name",
  ApiKey: "API key",
};

const text = (value: unknown): string | null =>
  value === null || value === undefined || value === "" ? null : String(value);
const quoted = (value: unknown): string => `“${String(value ?? "")}”`;
const version = ({ number }: Data): string => `Version ${String(number ?? "?")}`;
const rows = (data: Data): string => plural(Number(data.rows ?? 0), "row");
const nameKind = ({ kind }: Data): string => (kind === "email" ? "E-mail address" : "Username");

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

function terms({ scopes, expires_at }: Data): string {
  const may = Array.isArray(scopes) ? `It may ${scopes.join(", ")}` : "A key";
  return expires_at ? `${may}, until ${day(String(expires_at))}.` : `${may}, without an end.`;
}
