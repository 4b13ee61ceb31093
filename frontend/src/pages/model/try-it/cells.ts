/** Parses and validates the values of form fields and CSV cells. */

import type { InputColumn, InputShape, Kind, Row, Value } from "../signature/inputShape";

/** An invalid value; `row` is zero-based. */
export interface CellError {
  row: number;
  column: string;
  message: string;
}

const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;
/** Approximate: the server accepts all of ISO 8601. */
const DATE = /^\d{4}-?(\d{2}|W\d)/;
const INTEGER_MAX = 2 ** 53;

/** Parse a text; one that does not fit the column's kind stays a string, to be reported. */
export function parseCell({ kind, isNullable }: InputColumn, text: string): Value {
  const trimmed = text.trim();
  if (kind === "text") return text;
  if (trimmed === "") return kind === "any" && !isNullable ? "" : null;
  return PARSERS[kind](trimmed);
}

/** The inverse of `parseCell`. */
export function cellText(kind: Kind, value: Value | undefined): string {
  if (value === null || value === undefined) return "";
  if (typeof value !== "string") return String(value);
  return kind === "any" && parseAny(value) !== value ? JSON.stringify(value) : value;
}

/** Errors that the server would return, found before the request. */
export function validateRows(shape: InputShape, rows: readonly Row[]): CellError[] {
  return rows.flatMap((row, index) => [
    ...shape.columns.flatMap((column) => {
      const message = validateCell(column, row[column.name]);
      return message === null ? [] : [{ row: index, column: column.name, message }];
    }),
    ...Object.keys(row)
      .filter((name) => !shape.columns.some((column) => column.name === name))
      .map((name) => ({ row: index, column: name, message: "the model has no such column" })),
  ]);
}

/** Parses `row 1, column 'alone': text where a boolean is expected` as an error of that field. */
export function parseServerError(
  message: string,
  columns: readonly InputColumn[],
): CellError | null {
  const match = message.match(/^row (\d+)(?:, column )?(.*)$/is);
  if (!match) return null;
  const row = Number(match[1]);
  const rest = match[2] ?? "";
  const named = columns.find(({ name }) => quotedForms(name).some((each) => rest.startsWith(each)));
  if (named) return { row, column: named.name, message: messageAfterName(rest, named.name) };
  return columns.length === 1 && columns[0]
    ? { row, column: columns[0].name, message: rest.replace(/^:\s*/, "") }
    : null;
}

/** Convert the server's zero-based row number; `before` is the number of rows before those sent. */
export const withOneBasedRow = (message: string, before = 0): string =>
  message.replace(/^row (\d+)/i, (_, row) => `Row ${before + Number(row) + 1}`);

function validateCell(column: InputColumn, value: Value | undefined): string | null {
  if (value === undefined) return "this is missing";
  if (value === null) return column.isNullable ? null : "a value is needed";
  return CHECKS[column.kind](value) ? null : EXPECTED_TEXTS[column.kind];
}

const parseNumber = (text: string): Value => (NUMBER.test(text) ? Number(text) : text);
const parseBoolean = (text: string): Value =>
  ({ true: true, false: false })[text.toLowerCase()] ?? text;

function parseAny(text: string): Value {
  if (/^".*"$/s.test(text)) {
    try {
      return JSON.parse(text) as string;
    } catch {
      return text;
    }
  }
  const value = parseNumber(text);
  return value === text ? parseBoolean(text) : value;
}

const PARSERS: Readonly<Record<Kind, (text: string) => Value>> = {
  number: parseNumber,
  integer: parseNumber,
  boolean: parseBoolean,
  datetime: (text) => text,
  text: (text) => text,
  any: parseAny,
};

const isNumber = (value: Value): boolean =>
  typeof value === "number" &&
  Number.isFinite(value) &&
  (!Number.isInteger(value) || Math.abs(value) <= INTEGER_MAX);

const CHECKS: Readonly<Record<Kind, (value: Value) => boolean>> = {
  // The server accepts booleans as numbers where the columns have names.
  number: (value) => isNumber(value) || typeof value === "boolean",
  integer: (value) => isNumber(value) && Number.isInteger(value),
  boolean: (value) => typeof value === "boolean",
  datetime: (value) => typeof value === "string" && DATE.test(value),
  text: (value) => typeof value === "string",
  any: (value) => typeof value !== "number" || isNumber(value),
};

export const EXPECTED_TEXTS: Readonly<Record<Kind, string>> = {
  number: "a number is expected",
  integer: "an integer is expected",
  boolean: "true or false is expected",
  datetime: "a date is expected, such as 2026-01-05T12:30",
  text: "a text is expected",
  any: "a number, a text or a boolean is expected",
};

/** The ways in which the server quotes a name. */
function quotedForms(name: string): string[] {
  const escaped = name.replaceAll("\\", "\\\\").replaceAll("\n", "\\n").replaceAll("\t", "\\t");
  return [`'${escaped}':`, `"${escaped}":`, `'${escaped.replaceAll("'", "\\'")}':`];
}

function messageAfterName(text: string, name: string): string {
  const quote = quotedForms(name).find((each) => text.startsWith(each)) ?? "";
  return text.slice(quote.length).trim().replace(/\.$/, "");
}
