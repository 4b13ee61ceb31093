/** Inputs and outputs in one short line each. */

import { percent, plural } from "~/services/format";
import { outputsOf, shown, surest } from "../try/answers";

const TEXT_MAX = 80;

export interface Answered {
  predictions: readonly unknown[];
  probabilities: readonly unknown[] | null;
}

/** What came out of a call; null where it failed. */
export function answerOf(output: Readonly<Record<string, unknown>> | null): Answered | null {
  if (output === null || !Array.isArray(output.predictions)) return null;
  const { predictions, probabilities } = output;
  return { predictions, probabilities: Array.isArray(probabilities) ? probabilities : null };
}

/** `5.1, 3.5`, `age 34, city Turin`; of several rows the first. */
export function inputLine(input: unknown, rows: number): string {
  const first = rows > 1 && Array.isArray(input) ? input[0] : input;
  const bare = Array.isArray(first) && first.length === 1 ? first[0] : first;
  return withMore(cut(rowLine(bare)), rows);
}

/** `versicolor 99 %`; of several rows the first. */
export function outputLine(answer: Answered, schema: unknown): string {
  const [outputs = []] = outputsOf(
    {
      predictions: answer.predictions.slice(0, 1),
      probabilities: answer.probabilities?.slice(0, 1) ?? null,
    },
    schema,
  );
  const line = outputs
    .map((output) => {
      const share = surest(output)?.share;
      return share == null ? shown(output.value) : `${shown(output.value)} ${percent(share)}`;
    })
    .join(", ");
  return withMore(cut(line), answer.predictions.length);
}

function rowLine(row: unknown): string {
  if (Array.isArray(row)) return row.map(shown).join(", ");
  if (typeof row !== "object" || row === null) return shown(row);
  return Object.entries(row)
    .map(([name, value]) => `${name} ${shown(value)}`)
    .join(", ");
}

const cut = (text: string): string =>
  text.length > TEXT_MAX ? `${text.slice(0, TEXT_MAX - 1)}…` : text;

const withMore = (line: string, rows: number): string =>
  rows > 1 ? `${line} · and ${plural(rows - 1, "more row")}` : line;
