/** The versions of a model as chart series, and compared with the live one. */

import type { EventMarker, Series, SeriesTone } from "~/components/charts/series";
import type { Schemas } from "~/services/api/client";
import { failureRate, type Point, relativeChange, type Summary } from "~/services/metrics";

type VersionMetrics = Schemas["VersionTimeSeriesView"];

const SERIES_TONES: readonly SeriesTone[] = ["accent", "ink", "warn", "success", "soft"];

/** As many versions as have distinct colours: the live one first, then the most called. */
export function topVersions(
  versions: readonly VersionMetrics[],
  serving: number,
): VersionMetrics[] {
  const rank = ({ number, total }: VersionMetrics) =>
    number === serving ? Number.POSITIVE_INFINITY : total.calls;
  return [...versions].sort((one, other) => rank(other) - rank(one)).slice(0, SERIES_TONES.length);
}

export function versionSeries(
  versions: readonly VersionMetrics[],
  value: (point: Point) => number | null,
): Series[] {
  return versions.map(({ number, points }, index) => ({
    label: `Version ${number}`,
    tone: SERIES_TONES[index] ?? "soft",
    isDashed: index >= 3,
    values: points.map(value),
  }));
}

export interface VersionComparison {
  number: number;
  total: Summary;
  failed: number | null;
  isServing: boolean;
  /** The relative difference in latency from the live version; null for that version itself. */
  p50: number | null;
  p95: number | null;
  p99: number | null;
  /** The difference in failure rate, as a fraction. */
  failedMore: number | null;
}

/** The newest version first. */
export function compareToServing(
  versions: readonly VersionMetrics[],
  serving: number,
): VersionComparison[] {
  const base = versions.find(({ number }) => number === serving)?.total ?? null;
  return versions
    .map(({ number, total }) => {
      const isServing = number === serving;
      const against = isServing ? null : base;
      const failed = failureRate(total);
      const baseFailed = against && failureRate(against);
      return {
        number,
        total,
        failed,
        isServing,
        p50: against && relativeChange(total.p50_ms, against.p50_ms),
        p95: against && relativeChange(total.p95_ms, against.p95_ms),
        p99: against && relativeChange(total.p99_ms, against.p99_ms),
        failedMore: failed === null || baseFailed === null ? null : failed - baseFailed,
      };
    })
    .sort((one, other) => other.number - one.number);
}

/** A marker for each promotion. */
export function promotionMarkers(events: readonly Schemas["EventView"][]): EventMarker[] {
  return events
    .filter(({ type }) => type === "Model.Promoted")
    .map(({ data, recorded_at }) => ({ at: recorded_at, label: `v${String(data.number)}` }));
}
