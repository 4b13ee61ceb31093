/** A file of rows: brought into the columns of a model, asked in parts, and written down again. */

import { type Csv, csvOf } from "~/services/csv";
import { outputsOf, surest } from "./answers";
import { faultsOf, valueIn } from "./cells";
import { bodyOf, type InputColumn, type InputShape, type Row, type Value } from "./inputs";

/** How many rows one call takes. */
export const PART_ROWS_MAX = 100;
export const FILE_BYTES_MAX = 20_000_000;
const FAULTS_SHOWN_MAX = 8;

export interface Batch {
  rows: readonly Row[];
  /** Columns of the file that the model does not have. */
  leftOut: readonly string[];
}

/** What came of one row. */
export interface Result {
  prediction: unknown;
  probabilities: unknown;
}

/** Bring a file into the columns of the model, by their names. Throws an `Error` that says which. */
export function batchOf(shape: InputShape, { header, rows }: Csv): Batch {
  const places = placesOf(shape, header);
  const missing = shape.columns.filter((_, index) => places[index] === -1);
  if (missing.length > 0) throw new Error(missingIn(missing, header));
  const read = rows.map(
    (cells): Row =>
      Object.fromEntries(
        shape.columns.map((column, index) => [
          column.name,
          cellOf(column, cells[places[index] ?? 0]),
        ]),
      ),
  );
  const faults = faultsOf(shape, read).map(
    ({ row, column, message }) => `Row ${row + 1}, ${column}: ${message}.`,
  );
  if (faults.length > 0) throw new Error(summary(faults));
  return { rows: read, leftOut: header.filter((_, index) => !places.includes(index)) };
}

/** The bodies of the calls that ask for all rows. */
export function partsOf(shape: InputShape, rows: readonly Row[]): unknown[][] {
  const bodies = rows.map((row) => bodyOf(shape, row));
  const starts = Array.from({ length: Math.ceil(bodies.length / PART_ROWS_MAX) }, (_, i) => i);
  return starts.map((i) => bodies.slice(i * PART_ROWS_MAX, (i + 1) * PART_ROWS_MAX));
}

/** The file to keep: what was asked, what was answered, and how sure the model is of each class. */
export function resultsCsv(
  shape: InputShape,
  rows: readonly Row[],
  results: readonly Result[],
  schema: unknown,
): string {
  const outputs = outputsOf(
    {
      predictions: results.map(({ prediction }) => prediction),
      probabilities: results.map(({ probabilities }) => probabilities),
    },
    schema,
  );
  const count = outputs[0]?.length ?? 1;
  const ends = Array.from({ length: count }, (_, i) => (count === 1 ? "" : `_${i + 1}`));
  const names = shape.columns.map(({ name }) => name);
  const classes = (outputs[0] ?? []).map(({ bars }) => bars.map(({ label }) => label).sort());
  const header = [
    ...names,
    ...ends.map((end) => `prediction${end}`),
    ...ends.flatMap((end, i) => (classes[i] ?? []).map((label) => `probability${end}_${label}`)),
  ];
  const lines = outputs.map((row, index) => [
    ...names.map((name) => rows[index]?.[name]),
    ...row.map(({ value }) => value),
    ...row.flatMap(({ bars }, i) =>
      (classes[i] ?? []).map((label) => bars.find((bar) => bar.label === label)?.share),
    ),
  ]);
  return csvOf([header, ...lines]);
}

/** One line on a row's answer: the values, and how sure the model is. */
export function lineOf(
  result: Result,
  schema: unknown,
): { values: unknown[]; share: number | null } {
  const [outputs = []] = outputsOf(
    { predictions: [result.prediction], probabilities: [result.probabilities] },
    schema,
  );
  const first = outputs[0];
  return {
    values: outputs.map(({ value }) => value),
    share: outputs.length === 1 && first ? (surest(first)?.share ?? null) : null,
  };
}

/** Where in a line of the file each column of the model stands; -1 where it does not. */
function placesOf({ form, columns }: InputShape, header: readonly string[]): number[] {
  const places = columns.map(({ name }) => header.indexOf(name));
  const isByPlace = form !== "named" && places.includes(-1) && header.length === columns.length;
  return isByPlace ? columns.map((_, index) => index) : places;
}

function cellOf(column: InputColumn, cell = ""): Value {
  return cell === "" && column.isNullable ? null : valueIn(column, cell);
}

function missingIn(missing: readonly InputColumn[], header: readonly string[]): string {
  const names = listed(missing.map(({ name }) => name));
  const which = missing.length === 1 ? "A column is" : `${missing.length} columns are`;
  return `${which} missing: ${names}. The header has ${listed(header)}.`;
}

function summary(faults: readonly string[]): string {
  const shown = faults.slice(0, FAULTS_SHOWN_MAX).join("\n");
  const more = faults.length - FAULTS_SHOWN_MAX;
  return more > 0 ? `${shown}\nAnd ${more} more.` : shown;
}

function listed(names: readonly string[]): string {
  const shown = names.slice(0, FAULTS_SHOWN_MAX).map((name) => `“${name}”`);
  const more = names.length - shown.length;
  return more > 0 ? `${shown.join(", ")} and ${more} more` : shown.join(", ");
}
