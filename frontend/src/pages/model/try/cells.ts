/** What is typed into a field, as the value that is sent, and back. */

import type { InputColumn, InputShape, Kind, Row, Value } from "./inputs";

/** What is wrong with a value, and where: `row` counts from 0. */
export interface Fault {
  row: number;
  column: string;
  message: string;
}

const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;
/** Roughly: the server knows all of ISO 8601. */
const DATE = /^\d{4}-?(\d{2}|W\d)/;
const INTEGER_MAX = 2 ** 53;

/** Read a text; what cannot be read as its column's kind stays a text, to be told of. */
export function valueIn({ kind, isNullable }: InputColumn, text: string): Value {
  const bare = text.trim();
  if (kind === "text") return text;
  if (bare === "") return kind === "any" && !isNullable ? "" : null;
  return READERS[kind](bare);
}

/** Write a value so that reading it gives the same. */
export function textOf(kind: Kind, value: Value | undefined): string {
  if (value === null || value === undefined) return "";
  if (typeof value !== "string") return String(value);
  return kind === "any" && anyOf(value) !== value ? JSON.stringify(value) : value;
}

/** What the server would refuse, found before it is asked. */
export function faultsOf(shape: InputShape, rows: readonly Row[]): Fault[] {
  return rows.flatMap((row, index) => [
    ...shape.columns.flatMap((column) => {
      const message = faultOf(column, row[column.name]);
      return message === null ? [] : [{ row: index, column: column.name, message }];
    }),
    ...Object.keys(row)
      .filter((name) => !shape.columns.some((column) => column.name === name))
      .map((name) => ({ row: index, column: name, message: "the model has no such column" })),
  ]);
}

/** `row 1, column 'alone': text where a boolean is expected`, as a fault of that field. */
export function faultIn(message: string, columns: readonly InputColumn[]): Fault | null {
  const match = message.match(/^row (\d+)(?:, column )?(.*)$/is);
  if (!match) return null;
  const row = Number(match[1]);
  const rest = match[2] ?? "";
  const named = columns.find(({ name }) => quotes(name).some((each) => rest.startsWith(each)));
  if (named) return { row, column: named.name, message: after(rest, named.name) };
  return columns.length === 1 && columns[0]
    ? { row, column: columns[0].name, message: rest.replace(/^:\s*/, "") }
    : null;
}

/** The server counts rows from 0, people from 1; `before` is how many rows stand before those sent. */
export const countedFromOne = (message: string, before = 0): string =>
  message.replace(/^row (\d+)/i, (_, row) => `Row ${before + Number(row) + 1}`);

function faultOf(column: InputColumn, value: Value | undefined): string | null {
  if (value === undefined) return "this is missing";
  if (value === null) return column.isNullable ? null : "a value is needed";
  return CHECKS[column.kind](value) ? null : EXPECTED[column.kind];
}

const numberOf = (text: string): Value => (NUMBER.test(text) ? Number(text) : text);
const booleanOf = (text: string): Value =>
  ({ true: true, false: false })[text.toLowerCase()] ?? text;

function anyOf(text: string): Value {
  if (/^".*"$/s.test(text)) {
    try {
      return JSON.parse(text) as string;
    } catch {
      return text;
    }
  }
  const value = numberOf(text);
  return value === text ? booleanOf(text) : value;
}

const READERS: Readonly<Record<Kind, (text: string) => Value>> = {
  number: numberOf,
  integer: numberOf,
  boolean: booleanOf,
  datetime: (text) => text,
  text: (text) => text,
  any: anyOf,
};

const isNumber = (value: Value): boolean =>
  typeof value === "number" &&
  Number.isFinite(value) &&
  (!Number.isInteger(value) || Math.abs(value) <= INTEGER_MAX);

const CHECKS: Readonly<Record<Kind, (value: Value) => boolean>> = {
  // Flags among numbers are taken where the columns have names; the server knows.
  number: (value) => isNumber(value) || typeof value === "boolean",
  integer: (value) => isNumber(value) && Number.isInteger(value),
  boolean: (value) => typeof value === "boolean",
  datetime: (value) => typeof value === "string" && DATE.test(value),
  text: (value) => typeof value === "string",
  any: (value) => typeof value !== "number" || isNumber(value),
};

export const EXPECTED: Readonly<Record<Kind, string>> = {
  number: "a number is expected",
  integer: "an integer is expected",
  boolean: "true or false is expected",
  datetime: "a date is expected, such as 2026-01-05T12:30",
  text: "a text is expected",
  any: "a number, a text or a boolean is expected",
};

/** A name as the server quotes it. */
function quotes(name: string): string[] {
  const escaped = name.replaceAll("\\", "\\\\").replaceAll("\n", "\\n").replaceAll("\t", "\\t");
  return [`'${escaped}':`, `"${escaped}":`, `'${escaped.replaceAll("'", "\\'")}':`];
}

function after(text: string, name: string): string {
  const quote = quotes(name).find((each) => text.startsWith(each)) ?? "";
  return text.slice(quote.length).trim().replace(/\.$/, "");
}
