import { describe, expect, it } from "vitest";
import { readOutput, summarizeInput, summarizeOutput } from "./summary";

const CLASSES = { properties: { predictions: { items: { enum: ["no", "yes"] } } } };

describe("an input summary", () => {
  it("lists the values, with their names if they have any", () => {
    expect(summarizeInput([5.1, null], 1)).toBe("5.1, null");
    expect(summarizeInput([[5.1, 2]], 1)).toBe("5.1, 2");
    expect(summarizeInput({ town: "Ulm", price: 1.5 }, 1)).toBe("town Ulm, price 1.5");
    expect(summarizeInput("a film", 1)).toBe("a film");
  });

  it("shows the first row and the number of others", () => {
    expect(summarizeInput([[1], [2], [3]], 3)).toBe("1 · and 2 more rows");
  });

  it("is truncated", () => {
    expect(summarizeInput("a".repeat(200), 1)).toHaveLength(80);
  });
});

describe("an output summary", () => {
  it("includes the probability", () => {
    const output = readOutput({ predictions: ["yes"], probabilities: [[0.25, 0.75]] });
    expect(output && summarizeOutput(output, CLASSES)).toBe("yes 75%");
  });

  it("of numbers is the number", () => {
    expect(summarizeOutput({ predictions: [1.23456789, 2], probabilities: null }, {})).toBe(
      "1.23457 · and 1 more row",
    );
  });

  it("does not exist for a failure", () => {
    expect(readOutput(null)).toBeNull();
  });
});
