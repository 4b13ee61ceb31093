/** Rows as the body of a call, and bodies as rows: what the JSON view shows and takes. */

import { type InputShape, isValue, type Row, toApiRow, toRow } from "../signature/inputShape";

/** What is asked: rows that the form can show, or whatever else was written as JSON. */
export type PredictionRequest = { rows: readonly Row[] } | { input: unknown };

export type Parsed = { question: PredictionRequest } | { error: string };

const INPUT_KEYS = ["input_data", "inputs", "instances", "dataframe_records", "dataframe_split"];

/** The value of `input_data`: one row bare, several in a list. */
export function toInputData(shape: InputShape, request: PredictionRequest): unknown {
  if ("input" in request) return request.input;
  const rows = request.rows.map((row) => toApiRow(shape, row));
  return rows.length === 1 ? rows[0] : rows;
}

/** As it is written in the JSON view: rows each on a line of their own. */
export function toJson(shape: InputShape, request: PredictionRequest): string {
  const input = toInputData(shape, request);
  return `{\n  "input_data": ${formatJson(input, "  ")}\n}`;
}

/** Read what was written: a body as the API takes it, or bare rows. */
export function parseJson(shape: InputShape, text: string): Parsed {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return { error: locateJsonError(error, text) };
  }
  const input = unwrapInput(shape, value);
  const rows = toRows(shape, input);
  if (rows !== null && rows.length === 0) return { error: "There is no row in it." };
  return { question: rows === null ? { input } : { rows } };
}

/** The rows of an input, in whichever way it was written; null where the form cannot show them. */
export function toRows(shape: InputShape, input: unknown): Row[] | null {
  if (shape.form === "unknown") return null;
  const one =
    Array.isArray(input) && input.length > 0 && input.every(isValue) && shape.columns.length > 1;
  const rows = (Array.isArray(input) && !one ? input : [input]).map((each) => toRow(shape, each));
  return rows.every((row) => row !== null) ? rows : null;
}

/** The first row of an input, for a form to begin with; undefined where it shows none. */
export function firstRow(shape: InputShape, input: unknown): unknown {
  const row = toRows(shape, input)?.[0];
  const fits = row && shape.columns.every(({ name }) => row[name] !== undefined);
  return fits ? toApiRow(shape, row) : undefined;
}

function unwrapInput(shape: InputShape, value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  const body = value as Record<string, unknown>;
  const [name, ...others] = Object.keys(body);
  if (name === undefined || others.length > 0 || !INPUT_KEYS.includes(name)) return value;
  // A column may be called so, too.
  if (shape.columns.some((column) => column.name === name)) return value;
  return name === "dataframe_split" ? splitToRecords(body[name]) : body[name];
}

function splitToRecords(split: unknown): unknown {
  const { columns, data } = (split ?? {}) as { columns?: unknown; data?: unknown };
  if (!Array.isArray(columns) || !Array.isArray(data)) return split;
  return data.map((row: unknown) =>
    Array.isArray(row)
      ? Object.fromEntries(columns.map((name, index) => [String(name), row[index]]))
      : row,
  );
}

function formatJson(value: unknown, indent: string): string {
  if (!Array.isArray(value)) return JSON.stringify(value, null, 2).replaceAll("\n", `\n${indent}`);
  if (value.every(isValue)) return oneLine(value);
  const rows = value.map((row) => `${indent}  ${oneLine(row)}`);
  return `[\n${rows.join(",\n")}\n${indent}]`;
}

/** JSON on one line, with room to read. */
export function oneLine(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(oneLine).join(", ")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? "null";
  const members = Object.entries(value).map(
    ([k, each]) => `${JSON.stringify(k)}: ${oneLine(each)}`,
  );
  return `{ ${members.join(", ")} }`;
}

/** What a browser says of broken JSON, with the line at fault. */
function locateJsonError(error: unknown, text: string): string {
  const message = error instanceof Error ? error.message : String(error);
  const at = message.match(/position (\d+)/)?.[1];
  if (at === undefined) return `This is not JSON: ${message}`;
  const before = text.slice(0, Number(at)).split("\n");
  const column = (before.at(-1)?.length ?? 0) + 1;
  return `This is not JSON: line ${before.length}, character ${column} is not expected there.`;
}
