/** Compares two versions, and lists what changes for callers when one replaces the other. */

import type { Schemas } from "~/services/api/client";
import { bytes, count, dateTime, duration, percent } from "~/services/text/format";
import {
  describeChange,
  diffLines,
  type Fact,
  inputLines,
  outputLines,
  schemaFact,
} from "../comparison/schemaDiff";

export type Version = Schemas["VersionView"];
export type VersionStats = Schemas["VersionStatsView"];

/** A version with its statistics, if it was called. */
export interface VersionWithStats {
  version: Version;
  stats: VersionStats | undefined;
}

export function versionFacts(one: VersionWithStats, other: VersionWithStats): Fact[] {
  const fact = (
    name: string,
    of: (each: VersionWithStats) => string,
    more: Partial<Fact> = {},
  ): Fact => ({
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
    fact("Added", ({ version }) => dateTime(version.created_at), expected),
    schemaFact("Input", inputLines(a.input_schema), inputLines(b.input_schema)),
    schemaFact("Output", outputLines(a.output_schema), outputLines(b.output_schema)),
    fact("Calls", ({ stats }) => count(stats?.calls ?? 0), expected),
    fact("Failures", (each) => failures(each), expected),
    fact("Median", ({ stats }) => duration(stats?.p50_ms), expected),
    fact("p95", ({ stats }) => duration(stats?.p95_ms), expected),
  ];
}

/** `3 (1.2%)` */
export function failures({ stats }: VersionWithStats): string {
  if (stats === undefined || stats.failures === 0) return "0";
  return `${count(stats.failures)} (${percent(stats.failures / stats.calls)})`;
}

/** Changes that callers notice, one sentence each. */
export function callerEffects(from: Version, to: Version): string[] {
  const inputChanges = diffLines(inputLines(from.input_schema), inputLines(to.input_schema));
  const outputChanges = diffLines(outputLines(from.output_schema), outputLines(to.output_schema));
  return [...inputChanges, ...outputChanges].map(describeChange);
}

/** The initial selection: the live version and the newest other one. */
export function defaultPair(versions: readonly Version[]): [number, number] | null {
  const serving = versions.find(({ is_serving }) => is_serving);
  const newest = versions.findLast(({ is_serving }) => !is_serving);
  return serving && newest ? [serving.number, newest.number] : null;
}
