import { expect, test } from "vitest";
import {
  failingModels,
  failureRate,
  readTimeRange,
  relativeChange,
  stepLabel,
  withTimeRange,
} from "./metrics";

test("the URL omits the default range and keeps other parameters", () => {
  const search = new URLSearchParams("by=version&range=7d");
  expect(readTimeRange(search)).toBe("7d");
  expect(withTimeRange(search, "1h").toString()).toBe("by=version&range=1h");
  expect(withTimeRange(search, "24h").toString()).toBe("by=version");
});

test("an unknown or missing range is the default", () => {
  expect(readTimeRange(new URLSearchParams("range=2y"))).toBe("24h");
  expect(readTimeRange(new URLSearchParams())).toBe("24h");
});

test("step labels are readable", () => {
  expect([60, 300, 900, 7_200, 86_400].map(stepLabel)).toEqual([
    "minute",
    "5 minutes",
    "15 minutes",
    "2 hours",
    "day",
  ]);
});

test("rates and differences need a base", () => {
  expect(failureRate({ calls: 8, failures: 2 })).toBe(0.25);
  expect(failureRate({ calls: 0, failures: 0 })).toBeNull();
  expect(relativeChange(5, 4)).toBe(0.25);
  expect(relativeChange(5, 0)).toBeNull();
  expect(relativeChange(null, 4)).toBeNull();
});

test("failing models are sorted by failure rate", () => {
  const model = (name: string, calls: number, failures: number) => ({
    model_id: name,
    name,
    total: { calls, failures, rows: calls, mean_ms: 1, p50_ms: 1, p95_ms: 1, p99_ms: 1 },
  });
  const models = [
    model("well", 90, 1),
    model("once", 1, 1),
    model("half", 8, 4),
    model("all", 3, 3),
  ];
  expect(failingModels(models).map(({ name }) => name)).toEqual(["all", "half"]);
});
