/** Time ranges and figures of metrics. */

import type { Schemas } from "./api/client";

export const TIME_RANGES = ["1h", "6h", "24h", "7d", "30d", "90d"] as const;
export type TimeRange = (typeof TIME_RANGES)[number];
export type Point = Schemas["PointView"];
export type Summary = Schemas["SummaryView"];

const DEFAULT_RANGE: TimeRange = "24h";
const PARAM = "range";
const S = 1000;

/** The refetch interval of each range. */
export const REFRESH_MS: Readonly<Record<TimeRange, number>> = {
  "1h": 5 * S,
  "6h": 20 * S,
  "24h": 30 * S,
  "7d": 120 * S,
  "30d": 300 * S,
  "90d": 300 * S,
};

export const TIME_RANGE_LABELS: Readonly<Record<TimeRange, string>> = {
  "1h": "the last hour",
  "6h": "the last 6 hours",
  "24h": "the last 24 hours",
  "7d": "the last 7 days",
  "30d": "the last 30 days",
  "90d": "the last 90 days",
};

export function readTimeRange(search: URLSearchParams): TimeRange {
  const value = search.get(PARAM);
  return TIME_RANGES.find((range) => range === value) ?? DEFAULT_RANGE;
}

/** The URL with another range; the default one is omitted. */
export function withTimeRange(search: URLSearchParams, range: TimeRange): URLSearchParams {
  const next = new URLSearchParams(search);
  if (range === DEFAULT_RANGE) next.delete(PARAM);
  else next.set(PARAM, range);
  return next;
}

/** The length of a step, as in "calls per …": minute, 15 minutes, 2 hours, day. */
export function stepLabel(stepS: number): string {
  const [length, unit] =
    stepS >= 86_400
      ? [stepS / 86_400, "day"]
      : stepS >= 3_600
        ? [stepS / 3_600, "hour"]
        : [stepS / 60, "minute"];
  return length === 1 ? unit : `${length} ${unit}s`;
}

/** The fraction of calls that failed; null without calls. */
export const failureRate = ({
  calls,
  failures,
}: Pick<Summary, "calls" | "failures">): number | null => (calls === 0 ? null : failures / calls);

/** The relative difference from a base: 0.25 is 25 % more. */
export function relativeChange(value: number | null, base: number | null): number | null {
  if (value === null || base === null || base === 0) return null;
  return value / base - 1;
}

const CALLS_MIN = 3;
const FAILURE_RATE_MIN = 0.05;

/** Models that fail more often than by chance, the worst first. */
export function failingModels(models: readonly Schemas["ModelUsageView"][]) {
  return models
    .map(({ model_id, name, total }) => ({
      model_id,
      name,
      calls: total.calls,
      failureRate: failureRate(total) ?? 0,
    }))
    .filter(({ calls, failureRate }) => calls >= CALLS_MIN && failureRate >= FAILURE_RATE_MIN)
    .sort((one, other) => other.failureRate - one.failureRate);
}
