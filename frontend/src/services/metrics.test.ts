import { expect, test } from "vitest";
import {
  failingModels,
  failureRate,
  readTimeRange,
  relativeChange,
  stepLabel,
  withTimeRange,
} from "./metrics";

test("an address names the span unless it is the usual one, and keeps the rest", () => {
  const search = new URLSearchParams("by=version&range=7d");
  expect(readTimeRange(search)).toBe("7d");
  expect(withTimeRange(search, "1h").toString()).toBe("by=version&range=1h");
  expect(withTimeRange(search, "24h").toString()).toBe("by=version");
});

test("what no span is called, and none, is the usual one", () => {
  expect(readTimeRange(new URLSearchParams("range=2y"))).toBe("24h");
  expect(readTimeRange(new URLSearchParams())).toBe("24h");
});

test("steps are called as one says them", () => {
  expect([60, 300, 900, 7_200, 86_400].map(stepLabel)).toEqual([
    "minute",
    "5 minutes",
    "15 minutes",
    "2 hours",
    "day",
  ]);
});

test("shares and differences are of something", () => {
  expect(failureRate({ calls: 8, failures: 2 })).toBe(0.25);
  expect(failureRate({ calls: 0, failures: 0 })).toBeNull();
  expect(relativeChange(5, 4)).toBe(0.25);
  expect(relativeChange(5, 0)).toBeNull();
  expect(relativeChange(null, 4)).toBeNull();
});

test("models that fail are those of which it is no chance, the worst first", () => {
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
