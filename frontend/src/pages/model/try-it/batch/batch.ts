/**
 * Maps the rows of a CSV file to the model's columns, splits them into calls and writes the
 * results.
 */

import {
  type InputColumn,
  type InputShape,
  type Row,
  toApiRow,
  type Value,
} from "~/pages/model/signature/inputShape";
import { mostProbable, toOutputs } from "~/pages/model/signature/outputs";
import { type Csv, toCsv } from "~/services/text/csv";
import { parseCell, validateRows } from "../cells";

/** The number of rows per call. */
export const CHUNK_ROWS_MAX = 100;
export const FILE_BYTES_MAX = 20_000_000;
const ERRORS_SHOWN_MAX = 8;

export interface Batch {
  rows: readonly Row[];
  /** Columns of the file that the model does not have. */
  ignoredColumns: readonly string[];
}

/** The result of one row. */
export interface Result {
  prediction: unknown;
  probabilities: unknown;
}

/**
 * Map the rows of a file to the model's columns by name. Throws an `Error` with a readable message.
 */
export function readBatch(shape: InputShape, { header, rows }: Csv): Batch {
  const indexes = columnIndexes(shape, header);
  const missing = shape.columns.filter((_, index) => indexes[index] === -1);
  if (missing.length > 0) throw new Error(missingColumns(missing, header));
  const read = rows.map(
    (cells): Row =>
      Object.fromEntries(
        shape.columns.map((column, index) => [
          column.name,
          readCell(column, cells[indexes[index] ?? 0]),
        ]),
      ),
  );
  const errors = validateRows(shape, read).map(
    ({ row, column, message }) => `Row ${row + 1}, ${column}: ${message}.`,
  );
  if (errors.length > 0) throw new Error(summarizeErrors(errors));
  return { rows: read, ignoredColumns: header.filter((_, index) => !indexes.includes(index)) };
}

/** The inputs of the calls that cover all rows. */
export function toChunks(shape: InputShape, rows: readonly Row[]): unknown[][] {
  const bodies = rows.map((row) => toApiRow(shape, row));
  const starts = Array.from({ length: Math.ceil(bodies.length / CHUNK_ROWS_MAX) }, (_, i) => i);
  return starts.map((i) => bodies.slice(i * CHUNK_ROWS_MAX, (i + 1) * CHUNK_ROWS_MAX));
}

/** The results as CSV: inputs, predictions and class probabilities. */
export function resultsCsv(
  shape: InputShape,
  rows: readonly Row[],
  results: readonly Result[],
  schema: unknown,
): string {
  const outputs = toOutputs(
    {
      predictions: results.map(({ prediction }) => prediction),
      probabilities: results.map(({ probabilities }) => probabilities),
    },
    schema,
  );
  const count = outputs[0]?.length ?? 1;
  const suffixes = Array.from({ length: count }, (_, i) => (count === 1 ? "" : `_${i + 1}`));
  const names = shape.columns.map(({ name }) => name);
  const classes = (outputs[0] ?? []).map(({ probabilities }) =>
    probabilities.map(({ label }) => label).sort(),
  );
  const header = [
    ...names,
    ...suffixes.map((end) => `prediction${end}`),
    ...suffixes.flatMap((end, i) =>
      (classes[i] ?? []).map((label) => `probability${end}_${label}`),
    ),
  ];
  const lines = outputs.map((row, index) => [
    ...names.map((name) => rows[index]?.[name]),
    ...row.map(({ value }) => value),
    ...row.flatMap(({ probabilities }, i) =>
      (classes[i] ?? []).map(
        (label) => probabilities.find((entry) => entry.label === label)?.probability,
      ),
    ),
  ]);
  return toCsv([header, ...lines]);
}

/** The values of a row's result, and the probability of its class. */
export function resultRow(
  result: Result,
  schema: unknown,
): { values: unknown[]; probability: number | null } {
  const [outputs = []] = toOutputs(
    { predictions: [result.prediction], probabilities: [result.probabilities] },
    schema,
  );
  const first = outputs[0];
  return {
    values: outputs.map(({ value }) => value),
    probability: outputs.length === 1 && first ? (mostProbable(first)?.probability ?? null) : null,
  };
}

/** The index of each model column in the file; -1 if it is missing. */
function columnIndexes({ form, columns }: InputShape, header: readonly string[]): number[] {
  const indexes = columns.map(({ name }) => header.indexOf(name));
  const isByPosition = form !== "named" && indexes.includes(-1) && header.length === columns.length;
  return isByPosition ? columns.map((_, index) => index) : indexes;
}

function readCell(column: InputColumn, cell = ""): Value {
  return cell === "" && column.isNullable ? null : parseCell(column, cell);
}

function missingColumns(missing: readonly InputColumn[], header: readonly string[]): string {
  const names = joinNames(missing.map(({ name }) => name));
  const which = missing.length === 1 ? "A column is" : `${missing.length} columns are`;
  return `${which} missing: ${names}. The header has ${joinNames(header)}.`;
}

function summarizeErrors(errors: readonly string[]): string {
  const shown = errors.slice(0, ERRORS_SHOWN_MAX).join("\n");
  const more = errors.length - ERRORS_SHOWN_MAX;
  return more > 0 ? `${shown}\nAnd ${more} more.` : shown;
}

function joinNames(names: readonly string[]): string {
  const shown = names.slice(0, ERRORS_SHOWN_MAX).map((name) => `“${name}”`);
  const more = names.length - shown.length;
  return more > 0 ? `${shown.join(", ")} and ${more} more` : shown.join(", ");
}
