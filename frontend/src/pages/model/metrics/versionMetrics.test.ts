import { expect, test } from "vitest";
import { compareToServing, promotionMarkers, topVersions, versionSeries } from "./versionMetrics";

const version = (number: number, calls: number, p95_ms: number | null, failures = 0) => {
  const total = { calls, failures, rows: calls, mean_ms: 1, p50_ms: 1, p95_ms, p99_ms: null };
  return { number, total, points: [{ ...total, at: "2031-03-03T00:00:00Z" }] };
};

test("the live version is first, then the most called ones", () => {
  const versions = [1, 2, 3, 4, 5, 6, 7].map((number) => version(number, number * 10, 1));
  expect(topVersions(versions, 2).map(({ number }) => number)).toEqual([2, 7, 6, 5, 4]);
  const lines = versionSeries(topVersions(versions, 2), ({ calls }) => calls);
  expect(lines[0]).toMatchObject({ label: "Version 2", tone: "accent", values: [20] });
  expect(new Set(lines.map(({ tone }) => tone)).size).toBe(5);
});

test("versions are compared with the live one", () => {
  const [second, first] = compareToServing([version(1, 10, 2, 1), version(2, 4, 3, 2)], 1);
  expect(first).toMatchObject({ number: 1, isServing: true, p95: null, failedMore: null });
  expect(second).toMatchObject({ number: 2, p95: 0.5, p99: null, failed: 0.5 });
  expect(second?.failedMore).toBeCloseTo(0.4);
});

test("nothing is compared if the live version was not called", () => {
  expect(compareToServing([version(1, 10, 2)], 2)[0]).toMatchObject({ p95: null, p50: null });
});

test("promotions become markers", () => {
  const event = { position: 1, version: 1, actor_id: null, request_id: null };
  const at = "2031-03-03T00:00:00Z";
  const events = [
    { ...event, type: "Model.VersionAdded", data: { number: 2 }, recorded_at: at },
    { ...event, type: "Model.Promoted", data: { number: 2 }, recorded_at: at },
  ];
  expect(promotionMarkers(events)).toEqual([{ at, label: "v2" }]);
});
