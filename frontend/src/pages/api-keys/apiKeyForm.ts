/** The form of a new API key and its request body. */

import type { Schemas } from "~/services/api/client";

export type Scope = Schemas["ApiKeyBody"]["scopes"][number];
export type Expiry = "7" | "30" | "90" | "365" | "date" | "never";

export interface ApiKeyForm {
  name: string;
  scopes: Scope[];
  expiry: Expiry;
  /** The last day on which it is valid, if `expiry` is "date". */
  date: string;
  /** Empty for no limit. */
  callsPerMinute: string;
}

export const EMPTY_FORM: ApiKeyForm = {
  name: "",
  scopes: ["predict"],
  expiry: "90",
  date: "",
  callsPerMinute: "",
};

export const SCOPES: readonly { scope: Scope; title: string; text: string }[] = [
  { scope: "predict", title: "Predict", text: "Call your models with one or many rows." },
  { scope: "read", title: "Read", text: "See models, versions, figures and the history of calls." },
  { scope: "write", title: "Write", text: "Upload, change, promote and delete models." },
];

export const EXPIRIES: readonly { expiry: Expiry; title: string }[] = [
  { expiry: "7", title: "In 7 days" },
  { expiry: "30", title: "In 30 days" },
  { expiry: "90", title: "In 90 days" },
  { expiry: "365", title: "In a year" },
  { expiry: "date", title: "On a date…" },
  { expiry: "never", title: "Never" },
];

const DAY_MS = 86_400_000;

export const toRequestBody = (form: ApiKeyForm, now = Date.now()): Schemas["ApiKeyBody"] => ({
  name: form.name.trim(),
  scopes: form.scopes,
  expires_at: expiresAt(form, now),
  calls_per_minute: form.callsPerMinute === "" ? null : Number(form.callsPerMinute),
});

/** The expiry time. A date is valid to its end, in the local time zone. */
function expiresAt({ expiry, date }: ApiKeyForm, now: number): string | null {
  if (expiry === "never") return null;
  if (expiry === "date") return new Date(`${date}T23:59:59`).toISOString();
  return new Date(now + Number(expiry) * DAY_MS).toISOString();
}

export type KeyState = "active" | "expired" | "revoked";

export function keyState(key: Schemas["ApiKeyView"], now = Date.now()): KeyState {
  if (key.revoked_at !== null) return "revoked";
  const isExpired = key.expires_at !== null && new Date(key.expires_at).getTime() <= now;
  return isExpired ? "expired" : "active";
}

/** A first call with a new key, to paste into a terminal. */
export function curlExample(key: string, scopes: readonly string[], origin: string): string {
  const header = `-H "Authorization: Bearer ${key}"`;
  if (scopes.includes("read")) return `curl ${origin}/api/v1/models \\\n  ${header}`;
  if (scopes.includes("predict")) {
    return [
      "# MODEL_ID is on your model's page; replace the row by one of its columns",
      `curl ${origin}/api/v1/models/MODEL_ID/predict \\`,
      `  ${header} \\`,
      '  -H "Content-Type: application/json" \\',
      `  -d '{"input_data": [5.1, 3.5, 1.4, 0.2]}'`,
    ].join("\n");
  }
  return [
    `curl ${origin}/api/v1/models/upload \\`,
    `  ${header} \\`,
    "  -F file=@model.joblib -F name=iris",
  ].join("\n");
}
