/** Everything that is recorded, in words: one line of what happened, and a note where more is to be said. */

import { day } from "./format";
import { type Data, inFull, MODEL_WORDS, quoted, type Said, type Words } from "./modelWords";
import { agentInWords } from "./userAgent";

/** By topic, as `domain/events.py` has them. */
const WORDS: Readonly<Record<string, (data: Data) => Said>> = {
  ...MODEL_WORDS,
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

const CLOSINGS: Readonly<Record<string, string>> = {
  logout: "Signed out",
  revoked: "Signed out from another session",
  password_changed: "Session ended by a new password",
  deactivated: "Session ended as the account was closed",
};

/** The kinds of events, in the order in which they are chosen from. */
export const TOPICS: readonly string[] = Object.keys(WORDS);

/** Say what an event is about; of a kind that this page does not know yet, its name is given. */
export const wordsOf = (topic: string, data: Data): Words => inFull(WORDS[topic]?.(data) ?? topic);

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

const nameKind = ({ kind }: Data): string => (kind === "email" ? "E-mail address" : "Username");

function terms({ scopes, expires_at }: Data): string {
  const may = Array.isArray(scopes) ? `It may ${scopes.join(", ")}` : "A key";
  return expires_at ? `${may}, until ${day(String(expires_at))}.` : `${may}, without an end.`;
}
