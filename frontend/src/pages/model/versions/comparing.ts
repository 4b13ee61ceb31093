/** What two versions have in common, and what changes for those who call when one takes over. */

import type { Schemas } from "~/services/api";
import { absolute, bytes, count, duration, percent } from "~/services/format";
import {
  changeInWords,
  type Fact,
  inputLines,
  lineChanges,
  outputLines,
  schemaFact,
} from "../compare/schemas";

export type Version = Schemas["VersionView"];
export type Figures = Schemas["VersionStatsView"];

/** A version, with the figures of its calls where there were any. */
export interface Measured {
  version: Version;
  figures: Figures | undefined;
}

export function factsOf(one: Measured, other: Measured): Fact[] {
  const fact = (name: string, of: (each: Measured) => string, more: Partial<Fact> = {}): Fact => ({
    name,
    before: of(one),
    after: of(other),
    ...more,
  });
  const expected = { isExpected: true };
  const [a, b] = [one.version, other.version];
  return [
    fact("Label", ({ version }) => version.version, expected),
    fact("Type", ({ version }) => version.model_type, { isCode: true }),
    fact("Made with", ({ version }) => `scikit-learn ${version.framework_version}`),
    fact("Size", ({ version }) => bytes(version.file_size), expected),
    fact("SHA-256", ({ version }) => version.sha256, { ...expected, isCode: true }),
    fact("Added", ({ version }) => absolute(version.created_at), expected),
    schemaFact("Takes", inputLines(a.input_schema), inputLines(b.input_schema)),
    schemaFact("Gives", outputLines(a.output_schema), outputLines(b.output_schema)),
    fact("Calls", ({ figures }) => count(figures?.calls ?? 0), expected),
    fact("Failures", (each) => failuresOf(each), expected),
    fact("Median", ({ figures }) => duration(figures?.p50_ms), expected),
    fact("p95", ({ figures }) => duration(figures?.p95_ms), expected),
  ];
}

/** `3 (1.2%)` */
export function failuresOf({ figures }: Measured): string {
  if (figures === undefined || figures.failures === 0) return "0";
  return `${count(figures.failures)} (${percent(figures.failures / figures.calls)})`;
}

/** What callers will notice, in sentences; empty where they should not. */
export function effectsOf(from: Version, to: Version): string[] {
  const takes = lineChanges(inputLines(from.input_schema), inputLines(to.input_schema));
  const gives = lineChanges(outputLines(from.output_schema), outputLines(to.output_schema));
  return [...takes, ...gives].map(changeInWords);
}

/** The two to compare at first: the one that serves, and the newest besides. */
export function firstPair(versions: readonly Version[]): [number, number] | null {
  const serving = versions.find(({ is_serving }) => is_serving);
  const newest = versions.findLast(({ is_serving }) => !is_serving);
  return serving && newest ? [serving.number, newest.number] : null;
}
