import { describe, expect, it } from "vitest";
import { isChanged } from "../comparison/ComparisonTable";
import { callerEffects, defaultPair, type Version, versionFacts } from "./versionFacts";

const version = (number: number, more: Partial<Version> = {}): Version => ({
  number,
  version: String(number),
  model_type: "Ridge",
  file_size: 1000,
  sha256: "d".repeat(64),
  framework_version: "1.9.1",
  input_schema: { type: "object", properties: { price: { type: "number" } } },
  output_schema: { properties: { predictions: { items: { type: "number" } } } },
  created_at: "2031-03-03T14:05:00Z",
  is_serving: false,
  is_quarantined: false,
  quarantine_reason: null,
  total_predictions: 0,
  ...more,
});
const LATER = { type: "object", properties: { price: { type: ["number", "null"] } } };

describe("two versions", () => {
  it("differ in facts that are not expected to differ", () => {
    const figures = {
      number: 2,
      calls: 8,
      rows: 8,
      failures: 2,
      mean_ms: 1,
      p50_ms: 1,
      p95_ms: 2,
      p99_ms: 3,
    };
    const facts = versionFacts(
      { version: version(1), stats: undefined },
      { version: version(2, { model_type: "Lasso" }), stats: figures },
    );
    expect(facts.filter(isChanged).map(({ name }) => name)).toEqual(["Type"]);
    expect(facts.find(({ name }) => name === "Failures")).toMatchObject({
      before: "0",
      after: "2 (25%)",
    });
  });

  it("differ for callers by their schemas", () => {
    expect(callerEffects(version(1), version(2))).toEqual([]);
    expect(callerEffects(version(1), version(2, { input_schema: LATER }))).toEqual([
      "price: a number → a number, or null",
    ]);
  });

  it("are the live and the newest other one by default", () => {
    expect(defaultPair([version(1, { is_serving: true })])).toBeNull();
    expect(defaultPair([version(1), version(2, { is_serving: true }), version(3)])).toEqual([2, 3]);
    expect(defaultPair([version(1), version(2), version(3, { is_serving: true })])).toEqual([3, 2]);
  });
});
