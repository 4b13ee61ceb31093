import { describe, expect, it } from "vitest";
import {
  faultOfFile,
  limitIn,
  noteOnFile,
  refusedGlobal,
  sampleOf,
  suggestedName,
} from "./choosing";

describe("a file", () => {
  it.each([
    ["churn_model-v2.joblib", "churn model v2"],
    ["iris.pkl.gz", "iris"],
    ["v1.2 forest.skops", "v1.2 forest"],
    [".joblib", ".joblib"],
  ])("called %j suggests the name %j", (file, name) => {
    expect(suggestedName(file)).toBe(name);
  });

  it("that is too large is told of before it is sent", () => {
    expect(faultOfFile({ size: 100_000_001 })).toContain("at most 100 MB");
    expect(faultOfFile({ size: 11 }, 10)).toContain("at most 10 B");
    expect(faultOfFile({ size: 0 })).toContain("empty");
    expect(faultOfFile({ size: 1 })).toBeNull();
  });

  it("of another kind is sent all the same", () => {
    expect(noteOnFile({ name: "model.H5" })).toContain("content decides");
    expect(noteOnFile({ name: "model.JOBLIB" })).toBeNull();
  });
});

describe("a refusal", () => {
  it("tells what the file named", () => {
    const message =
      "The model needs os.system, which is not on the list of what a model file may name.";
    expect(refusedGlobal(message)).toEqual({ global: "os.system", module: "os", isOfSystem: true });
    expect(refusedGlobal("The file is no model.")).toBeNull();
  });

  it("tells the limit for the next time", () => {
    expect(limitIn({ status: 413, message: "The file is larger than 5000 bytes." })).toBe(5000);
    expect(limitIn({ status: 422, message: "The file is larger than 5000 bytes." })).toBeNull();
  });
});

describe("a sample", () => {
  it("is sent as it is where it is JSON", () => {
    expect(sampleOf(' [{"price": 2.0}] ')).toEqual({ json: '[{"price": 2.0}]', summary: "1 row" });
    expect(() => sampleOf('[{"a": }]')).toThrow("not JSON");
  });

  it("is made JSON where it is CSV, its numbers as they were written", () => {
    const { json, summary } = sampleOf("day,price,gift,code\n2026-01-05,2.0,True,007\n,2.5,,x\n");
    expect(json).toBe(
      '[{"day": "2026-01-05", "price": 2.0, "gift": true, "code": "007"}, ' +
        '{"day": null, "price": 2.5, "gift": null, "code": "x"}]',
    );
    expect(summary).toBe("2 rows");
  });

  it("that is large is refused before it is sent", () => {
    expect(() => sampleOf(`a\n${"x".repeat(17_000)}`)).toThrow("16 kB");
  });
});
