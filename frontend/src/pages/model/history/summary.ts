/** Inputs and outputs as one short line each. */

import { percent, plural } from "~/services/text/format";
import { displayValue, mostProbable, toOutputs } from "../signature/outputs";

const TEXT_MAX = 80;

export interface PredictionOutput {
  predictions: readonly unknown[];
  probabilities: readonly unknown[] | null;
}

/** The output of a prediction; null if it failed. */
export function readOutput(
  output: Readonly<Record<string, unknown>> | null,
): PredictionOutput | null {
  if (output === null || !Array.isArray(output.predictions)) return null;
  const { predictions, probabilities } = output;
  return { predictions, probabilities: Array.isArray(probabilities) ? probabilities : null };
}

/** `5.1, 3.5` or `age 34, city Turin`; the first row of several. */
export function summarizeInput(input: unknown, rows: number): string {
  const first = rows > 1 && Array.isArray(input) ? input[0] : input;
  const row = Array.isArray(first) && first.length === 1 ? first[0] : first;
  return withRowCount(truncate(summarizeRow(row)), rows);
}

/** `versicolor 99 %`; the first row of several. */
export function summarizeOutput(output: PredictionOutput, schema: unknown): string {
  const [outputs = []] = toOutputs(
    {
      predictions: output.predictions.slice(0, 1),
      probabilities: output.probabilities?.slice(0, 1) ?? null,
    },
    schema,
  );
  const line = outputs
    .map((output) => {
      const probability = mostProbable(output)?.probability;
      return probability == null
        ? displayValue(output.value)
        : `${displayValue(output.value)} ${percent(probability)}`;
    })
    .join(", ");
  return withRowCount(truncate(line), output.predictions.length);
}

function summarizeRow(row: unknown): string {
  if (Array.isArray(row)) return row.map(displayValue).join(", ");
  if (typeof row !== "object" || row === null) return displayValue(row);
  return Object.entries(row)
    .map(([name, value]) => `${name} ${displayValue(value)}`)
    .join(", ");
}

const truncate = (text: string): string =>
  text.length > TEXT_MAX ? `${text.slice(0, TEXT_MAX - 1)}…` : text;

const withRowCount = (line: string, rows: number): string =>
  rows > 1 ? `${line} · and ${plural(rows - 1, "more row")}` : line;
