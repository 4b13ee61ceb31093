/** Converts between form rows and the JSON body of a call. */

import { type InputShape, isValue, type Row, toApiRow, toRow } from "../signature/inputShape";

/** Rows that the form can show, or any other JSON input. */
export type PredictionRequest = { rows: readonly Row[] } | { input: unknown };

export type Parsed = { request: PredictionRequest } | { error: string };

const INPUT_KEYS = ["input_data", "inputs", "instances", "dataframe_records", "dataframe_split"];

/** The value of `input_data`: a single row, or an array of rows. */
export function toInputData(shape: InputShape, request: PredictionRequest): unknown {
  if ("input" in request) return request.input;
  const rows = request.rows.map((row) => toApiRow(shape, row));
  return rows.length === 1 ? rows[0] : rows;
}

/** The body as text, with each row on a line of its own. */
export function toJson(shape: InputShape, request: PredictionRequest): string {
  const input = toInputData(shape, request);
  return `{\n  "input_data": ${formatJson(input, "  ")}\n}`;
}

/** Parse a body as the API takes it, or bare rows. */
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
  return { request: rows === null ? { input } : { rows } };
}

/** The rows of an input in any of its forms; null if the form cannot show them. */
export function toRows(shape: InputShape, input: unknown): Row[] | null {
  if (shape.form === "unknown") return null;
  const one =
    Array.isArray(input) && input.length > 0 && input.every(isValue) && shape.columns.length > 1;
  const rows = (Array.isArray(input) && !one ? input : [input]).map((each) => toRow(shape, each));
  return rows.every((row) => row !== null) ? rows : null;
}

/** The first row of an input, as an initial value; undefined if the form cannot show it. */
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
  // A column may have the same name.
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

/** JSON on one line, with spaces. */
export function oneLine(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(oneLine).join(", ")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? "null";
  const members = Object.entries(value).map(
    ([k, each]) => `${JSON.stringify(k)}: ${oneLine(each)}`,
  );
  return `{ ${members.join(", ")} }`;
}

/** The browser's JSON error, with line and column. */
function locateJsonError(error: unknown, text: string): string {
  const message = error instanceof Error ? error.message : String(error);
  const at = message.match(/position (\d+)/)?.[1];
  if (at === undefined) return `This is not JSON: ${message}`;
  const before = text.slice(0, Number(at)).split("\n");
  const column = (before.at(-1)?.length ?? 0) + 1;
  return `This is not JSON: line ${before.length}, character ${column} is not expected there.`;
}
