import { describe, expect, it } from "vitest";
import { fileError, fileHint, parseSample, refusedGlobal, suggestedName } from "./fileChecks";

describe("a file", () => {
  it.each([
    ["churn_model-v2.joblib", "churn model v2"],
    ["iris.pkl.gz", "iris"],
    ["v1.2 forest.skops", "v1.2 forest"],
    [".joblib", ".joblib"],
  ])("named %j suggests the name %j", (file, name) => {
    expect(suggestedName(file)).toBe(name);
  });

  it("that is too large is refused before it is sent", () => {
    expect(fileError({ size: 100_000_001 }, 100_000_000)).toContain("at most 100 MB");
    expect(fileError({ size: 11 }, 10)).toContain("at most 10 B");
    expect(fileError({ size: 0 }, null)).toContain("empty");
    expect(fileError({ size: 1 }, null)).toBeNull();
  });

  it("with another extension may be sent", () => {
    expect(fileHint({ name: "model.H5" })).toContain("content decides");
    expect(fileHint({ name: "model.JOBLIB" })).toBeNull();
  });
});

describe("an error", () => {
  it("names the refused global", () => {
    const message =
      "The model needs os.system, which is not on the list of what a model file may name.";
    expect(refusedGlobal(message)).toEqual({
      global: "os.system",
      module: "os",
      isSystemModule: true,
    });
    expect(refusedGlobal("The file is no model.")).toBeNull();
  });
});

describe("a sample", () => {
  it("in JSON is sent unchanged", () => {
    expect(parseSample(' [{"price": 2.0}] ')).toEqual({
      json: '[{"price": 2.0}]',
      summary: "1 row",
    });
    expect(() => parseSample('[{"a": }]')).toThrow("not JSON");
  });

  it("in CSV becomes JSON with unchanged numbers", () => {
    const { json, summary } = parseSample(
      "day,price,gift,code\n2026-01-05,2.0,True,007\n,2.5,,x\n",
    );
    expect(json).toBe(
      '[{"day": "2026-01-05", "price": 2.0, "gift": true, "code": "007"}, ' +
        '{"day": null, "price": 2.5, "gift": null, "code": "x"}]',
    );
    expect(summary).toBe("2 rows");
  });

  it("that is too large is refused before it is sent", () => {
    expect(() => parseSample(`a\n${"x".repeat(17_000)}`)).toThrow("16 kB");
  });
});
