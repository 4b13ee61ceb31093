/** Texts for all types of events: one line, and an optional note. */

import { date } from "~/services/text/format";
import { describeUserAgent } from "~/services/text/userAgent";
import {
  type EventData,
  type EventText,
  type EventTextOrParts,
  MODEL_EVENT_TEXTS,
  quote,
  toEventText,
} from "./modelEventText";

/** By topic, as the aggregates in `domain/` define them. */
const EVENT_TEXTS: Readonly<Record<string, (data: EventData) => EventTextOrParts>> = {
  ...MODEL_EVENT_TEXTS,
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
  "User.Deactivated": () => ({ text: "Account closed", tone: "warn" }),
  "User.Reactivated": () => ({ text: "Account opened again", tone: "success" }),
  "Reservation.Taken": (data) => `${reservedName(data)} reserved by an account`,
  "Reservation.Released": () => "Name released by its account",
  "Session.Opened": (data) => ({
    text: "Signed in",
    note: data.user_agent ? describeUserAgent(String(data.user_agent)) : null,
  }),
  "Session.Refreshed": () => "Session refreshed",
  "Session.Closed": (data) => SESSION_END_TEXTS[String(data.reason)] ?? "Session ended",
  "Session.ReuseDetected": () => ({
    text: "Session ended: an old refresh token was used",
    note: "Somebody may have copied it.",
    tone: "danger",
  }),
  "ApiKey.Issued": (data) => ({
    text: `API key ${quote(data.name)} created`,
    note: describeKeyRights(data),
    tone: "accent",
  }),
  "ApiKey.Revoked": () => ({ text: "API key revoked", tone: "warn" }),
};

const SESSION_END_TEXTS: Readonly<Record<string, string>> = {
  logout: "Signed out",
  revoked: "Signed out from another session",
  password_changed: "Session ended: the password was changed",
  deactivated: "Session ended: the account was closed",
};

/** Event types in the order of the filter's options. */
export const TOPICS: readonly string[] = Object.keys(EVENT_TEXTS);

/** Describe an event; an unknown type is shown by its topic. */
export const describeEvent = (topic: string, data: EventData): EventText =>
  toEventText(EVENT_TEXTS[topic]?.(data) ?? topic);

/** An event type as an option: "Model · version added". */
export function topicLabel(topic: string): string {
  const [noun = "", verb = ""] = topic.split(".");
  const words = verb.replace(/(?<=[a-z])(?=[A-Z])/g, " ").toLowerCase();
  return `${NOUN_LABELS[noun] ?? noun} · ${words}`;
}

const NOUN_LABELS: Readonly<Record<string, string>> = {
  User: "Account",
  Reservation: "Name",
  ApiKey: "API key",
};

const reservedName = ({ kind }: EventData): string =>
  kind === "email" ? "E-mail address" : "Username";

function describeKeyRights({ scopes, expires_at }: EventData): string {
  const rights = Array.isArray(scopes) ? `It may ${scopes.join(", ")}` : "A key";
  return expires_at
    ? `${rights}, until ${date(String(expires_at))}.`
    : `${rights}, without an expiry.`;
}
