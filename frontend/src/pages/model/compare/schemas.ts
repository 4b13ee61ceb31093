/** What a model takes and gives, short enough to stand beside another. */

import { labelsOf, shown } from "../try/answers";
import { type InputColumn, shapeOf } from "../try/inputs";

/** One thing that two have in common or not. */
export interface Fact {
  name: string;
  before: string;
  after: string;
  isCode?: boolean;
  /** Whether it differs as a matter of course, as figures and names do. */
  isExpected?: boolean;
}

export interface Line {
  name: string;
  text: string;
}

export interface LineChange {
  name: string;
  /** Null where it was not there. */
  before: string | null;
  after: string | null;
}

const EXAMPLES = "examples";

/** The columns of a row, each in a few words; where a schema is written otherwise, its own members. */
export function inputLines(schema: unknown): Line[] {
  const { form, columns } = shapeOf(schema);
  if (form === "unknown") return ownLines(schema);
  return columns.map((column) => ({ name: column.name, text: kindOf(column) }));
}

export function outputLines(schema: unknown): Line[] {
  const labels = labelsOf(schema);
  const answer = propertyOf(schema, "predictions");
  if (answer === undefined) return ownLines(schema);
  const many = labels.length > 1;
  const lines = labels.map((classes, index) => ({
    name: many ? `answer ${index + 1}` : "answer",
    text: classes.length > 0 ? `one of ${classes.map(shown).join(", ")}` : "a value",
  }));
  return [
    ...(lines.length > 0 ? lines : [{ name: "answer", text: "a number or a value" }]),
    {
      name: "probabilities",
      text: propertyOf(schema, "probabilities") === undefined ? "none" : "for each class",
    },
  ];
}

/** What differs, in the order of the later one; what is gone stands last. */
export function lineChanges(before: readonly Line[], after: readonly Line[]): LineChange[] {
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

/** In words: `price: a number → a text`. */
export function changeInWords({ name, before, after }: LineChange): string {
  if (before === null) return `${name} is new: ${after}`;
  if (after === null) return `${name} is no longer there`;
  return `${name}: ${before} → ${after}`;
}

/** Of a schema that an owner wrote in another way: whatever stands in it, leaf by leaf. */
function ownLines(schema: unknown): Line[] {
  return leavesOf(schema, "").filter(({ name }) => !name.startsWith(EXAMPLES));
}

function leavesOf(value: unknown, path: string): Line[] {
  if (typeof value !== "object" || value === null) return [{ name: path, text: shown(value) }];
  return Object.entries(value).flatMap(([name, each]) =>
    leavesOf(each, path === "" ? name : `${path}.${name}`),
  );
}

const WORDS = {
  number: "a number",
  integer: "an integer",
  text: "a text",
  boolean: "true or false",
  datetime: "a date",
  any: "any value",
} as const;

function kindOf({ kind, isNullable, choices }: InputColumn): string {
  const what = choices ? `one of ${choices.map(shown).join(", ")}` : WORDS[kind];
  return isNullable ? `${what}, or nothing` : what;
}

function propertyOf(schema: unknown, name: string): unknown {
  if (typeof schema !== "object" || schema === null || !("properties" in schema)) return undefined;
  return (schema.properties as Record<string, unknown> | null)?.[name];
}

/** Two schemas as a fact to compare: all of it where both are alike, else what differs. */
export function schemaFact(name: string, before: readonly Line[], after: readonly Line[]): Fact {
  const changes = lineChanges(before, after);
  if (changes.length === 0) {
    const text = written(before.slice(0, LINES_MAX)) + (before.length > LINES_MAX ? "\n…" : "");
    return { name, before: text, after: text, isCode: true };
  }
  const rest = changes.length < after.length ? ["the others alike"] : [];
  const side = (of: "before" | "after") =>
    [...changes.map((each) => `${each.name}: ${each[of] ?? "not there"}`), ...rest].join("\n");
  return { name, before: side("before"), after: side("after"), isCode: true };
}

const LINES_MAX = 8;

const written = (lines: readonly Line[]): string =>
  lines.map(({ name, text }) => `${name}: ${text}`).join("\n");
