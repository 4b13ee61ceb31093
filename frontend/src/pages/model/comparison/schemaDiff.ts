/** Input and output schemas in short lines, and the differences between two of them. */

import { type InputColumn, inputShape } from "../signature/inputShape";
import { classLabels, displayValue } from "../signature/outputs";

/** One property of the two things that are compared. */
export interface Fact {
  name: string;
  before: string;
  after: string;
  isCode?: boolean;
  /** Whether a difference is normal and not highlighted. */
  isExpected?: boolean;
}

export interface SchemaLine {
  name: string;
  text: string;
}

export interface LineChange {
  name: string;
  /** Null if it did not exist. */
  before: string | null;
  after: string | null;
}

const EXAMPLES_KEY = "examples";

/** The columns of a row, one line each; for a custom schema, its members. */
export function inputLines(schema: unknown): SchemaLine[] {
  const { form, columns } = inputShape(schema);
  if (form === "unknown") return customLines(schema);
  return columns.map((column) => ({ name: column.name, text: describeColumn(column) }));
}

export function outputLines(schema: unknown): SchemaLine[] {
  const labels = classLabels(schema);
  const predictions = property(schema, "predictions");
  if (predictions === undefined) return customLines(schema);
  const hasSeveral = labels.length > 1;
  const lines = labels.map((classes, index) => ({
    name: hasSeveral ? `output ${index + 1}` : "output",
    text: classes.length > 0 ? `one of ${classes.map(displayValue).join(", ")}` : "a value",
  }));
  return [
    ...(lines.length > 0 ? lines : [{ name: "output", text: "a number or a value" }]),
    {
      name: "probabilities",
      text: property(schema, "probabilities") === undefined ? "none" : "for each class",
    },
  ];
}

/** The differences in the order of the later schema; removed lines come last. */
export function diffLines(
  before: readonly SchemaLine[],
  after: readonly SchemaLine[],
): LineChange[] {
  const earlier = new Map(before.map(({ name, text }) => [name, text]));
  const later = new Map(after.map(({ name, text }) => [name, text]));
  return [...new Set([...later.keys(), ...earlier.keys()])]
    .map((name) => ({
      name,
      before: earlier.get(name) ?? null,
      after: later.get(name) ?? null,
    }))
    .filter((change) => change.before !== change.after);
}

/** As text: `price: a number → a text`. */
export function describeChange({ name, before, after }: LineChange): string {
  if (before === null) return `${name} is new: ${after}`;
  if (after === null) return `${name} is removed`;
  return `${name}: ${before} → ${after}`;
}

/** A schema that the owner wrote in another form, flattened to its leaves. */
function customLines(schema: unknown): SchemaLine[] {
  return flatten(schema, "").filter(({ name }) => !name.startsWith(EXAMPLES_KEY));
}

function flatten(value: unknown, path: string): SchemaLine[] {
  if (typeof value !== "object" || value === null)
    return [{ name: path, text: displayValue(value) }];
  return Object.entries(value).flatMap(([name, each]) =>
    flatten(each, path === "" ? name : `${path}.${name}`),
  );
}

const KIND_LABELS = {
  number: "a number",
  integer: "an integer",
  text: "a text",
  boolean: "true or false",
  datetime: "a date",
  any: "any value",
} as const;

function describeColumn({ kind, isNullable, choices }: InputColumn): string {
  const what = choices ? `one of ${choices.map(displayValue).join(", ")}` : KIND_LABELS[kind];
  return isNullable ? `${what}, or null` : what;
}

function property(schema: unknown, name: string): unknown {
  if (typeof schema !== "object" || schema === null || !("properties" in schema)) return undefined;
  return (schema.properties as Record<string, unknown> | null)?.[name];
}

/** Two schemas as a fact: everything if they are equal, otherwise the differences. */
export function schemaFact(
  name: string,
  before: readonly SchemaLine[],
  after: readonly SchemaLine[],
): Fact {
  const changes = diffLines(before, after);
  if (changes.length === 0) {
    const text = joinLines(before.slice(0, LINES_MAX)) + (before.length > LINES_MAX ? "\n…" : "");
    return { name, before: text, after: text, isCode: true };
  }
  const rest = changes.length < after.length ? ["the others unchanged"] : [];
  const side = (of: "before" | "after") =>
    [...changes.map((each) => `${each.name}: ${each[of] ?? "missing"}`), ...rest].join("\n");
  return { name, before: side("before"), after: side("after"), isCode: true };
}

const LINES_MAX = 8;

const joinLines = (lines: readonly SchemaLine[]): string =>
  lines.map(({ name, text }) => `${name}: ${text}`).join("\n");
