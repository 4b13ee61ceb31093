/** The call that a form stands for, as code to paste. */

import type { Language } from "~/components/ui/code";
import { oneLine } from "./body";

export type SnippetKind = "curl" | "python" | "javascript";

export interface SnippetLanguage {
  id: SnippetKind;
  label: string;
  language: Language;
}

export const SNIPPET_LANGUAGES: readonly SnippetLanguage[] = [
  { id: "curl", label: "cURL", language: "shell" },
  { id: "python", label: "Python", language: "python" },
  { id: "javascript", label: "JavaScript", language: "javascript" },
];

export interface Call {
  /** Where the platform is: `https://models.example.org` */
  origin: string;
  modelId: string;
  /** Which version to ask; null for the one that serves. */
  version: number | null;
  input: unknown;
}

/** Stands for a key, whose text nobody can show again. */
export const KEY = "YOUR_API_KEY";

export const snippetOf = (kind: SnippetKind, call: Call): string => WRITERS[kind](call);

export function addressOf({ origin, modelId, version }: Call): string {
  const query = version === null ? "" : `?version=${version}`;
  return `${origin}/api/v1/models/${modelId}/predict${query}`;
}

function curl(call: Call): string {
  const body = JSON.stringify({ input_data: call.input });
  return [
    `curl '${addressOf(call)}' \\`,
    `  -H 'X-API-Key: ${KEY}' \\`,
    "  -H 'Content-Type: application/json' \\",
    `  -d '${body.replaceAll("'", "'\\''")}'`,
  ].join("\n");
}

function python(call: Call): string {
  return [
    "import requests",
    "",
    "answer = requests.post(",
    `    "${addressOf(call)}",`,
    `    headers={"X-API-Key": "${KEY}"},`,
    `    json={"input_data": ${pythonOf(call.input)}},`,
    "    timeout=30,",
    ")",
    "answer.raise_for_status()",
    'print(answer.json()["predictions"])',
  ].join("\n");
}

function javascript(call: Call): string {
  return [
    `const answer = await fetch("${addressOf(call)}", {`,
    '  method: "POST",',
    `  headers: { "X-API-Key": "${KEY}", "Content-Type": "application/json" },`,
    `  body: JSON.stringify({ input_data: ${oneLine(call.input)} }),`,
    "});",
    "if (!answer.ok) throw new Error((await answer.json()).detail);",
    "const { predictions } = await answer.json();",
  ].join("\n");
}

const WRITERS: Readonly<Record<SnippetKind, (call: Call) => string>> = { curl, python, javascript };

/** A value as Python writes it. JSON's texts are Python's. */
export function pythonOf(value: unknown): string {
  if (value === null || value === undefined) return "None";
  if (value === true) return "True";
  if (value === false) return "False";
  if (Array.isArray(value)) return `[${value.map(pythonOf).join(", ")}]`;
  if (typeof value !== "object") return JSON.stringify(value);
  const members = Object.entries(value).map(
    ([k, each]) => `${JSON.stringify(k)}: ${pythonOf(each)}`,
  );
  return `{${members.join(", ")}}`;
}
