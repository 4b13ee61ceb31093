/** The call as code. */

import type { Language } from "~/components/data/tokenize";
import { oneLine } from "./requestBody";

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

export interface SnippetCall {
  /** The platform's URL: `https://models.example.org` */
  origin: string;
  modelId: string;
  /** Null for the live version. */
  version: number | null;
  input: unknown;
}

/** A placeholder, as the text of a key cannot be shown again. */
export const KEY_PLACEHOLDER = "YOUR_API_KEY";

export const codeSnippet = (kind: SnippetKind, call: SnippetCall): string => WRITERS[kind](call);

export function predictUrl({ origin, modelId, version }: SnippetCall): string {
  const query = version === null ? "" : `?version=${version}`;
  return `${origin}/api/v1/models/${modelId}/predict${query}`;
}

function curl(call: SnippetCall): string {
  const body = JSON.stringify({ input_data: call.input });
  return [
    `curl '${predictUrl(call)}' \\`,
    `  -H 'X-API-Key: ${KEY_PLACEHOLDER}' \\`,
    "  -H 'Content-Type: application/json' \\",
    `  -d '${body.replaceAll("'", "'\\''")}'`,
  ].join("\n");
}

function python(call: SnippetCall): string {
  return [
    "import requests",
    "",
    "response = requests.post(",
    `    "${predictUrl(call)}",`,
    `    headers={"X-API-Key": "${KEY_PLACEHOLDER}"},`,
    `    json={"input_data": ${toPython(call.input)}},`,
    "    timeout=30,",
    ")",
    "response.raise_for_status()",
    'print(response.json()["predictions"])',
  ].join("\n");
}

function javascript(call: SnippetCall): string {
  return [
    `const response = await fetch("${predictUrl(call)}", {`,
    '  method: "POST",',
    `  headers: { "X-API-Key": "${KEY_PLACEHOLDER}", "Content-Type": "application/json" },`,
    `  body: JSON.stringify({ input_data: ${oneLine(call.input)} }),`,
    "});",
    "if (!response.ok) throw new Error((await response.json()).detail);",
    "const { predictions } = await response.json();",
  ].join("\n");
}

const WRITERS: Readonly<Record<SnippetKind, (call: SnippetCall) => string>> = {
  curl,
  python,
  javascript,
};

/** A value as a Python literal. JSON strings are valid in Python. */
export function toPython(value: unknown): string {
  if (value === null || value === undefined) return "None";
  if (value === true) return "True";
  if (value === false) return "False";
  if (Array.isArray(value)) return `[${value.map(toPython).join(", ")}]`;
  if (typeof value !== "object") return JSON.stringify(value);
  const members = Object.entries(value).map(
    ([k, each]) => `${JSON.stringify(k)}: ${toPython(each)}`,
  );
  return `{${members.join(", ")}}`;
}
