import { describe, expect, it } from "vitest";
import { diffLines, inputLines, outputLines, schemaFact } from "./schemaDiff";

const row = (properties: object) => ({ anyOf: [{ type: "object", properties }] });
const BEFORE = row({ town: { type: "string" }, price: { type: "number" } });
const AFTER = row({
  price: { type: ["number", "null"] },
  day: { type: "string", format: "date-time" },
});

describe("schema lines", () => {
  it("describe each column", () => {
    expect(inputLines(AFTER)).toEqual([
      { name: "price", text: "a number, or null" },
      { name: "day", text: "a date" },
    ]);
  });

  it("are the leaves of a custom schema", () => {
    expect(inputLines({ note: { ask: "Ada" }, examples: [1] })).toEqual([
      { name: "note.ask", text: "Ada" },
    ]);
  });

  it("name the classes of the output", () => {
    const schema = {
      properties: { predictions: { items: { enum: ["no", "yes"] } }, probabilities: {} },
    };
    expect(outputLines(schema)).toEqual([
      { name: "output", text: "one of no, yes" },
      { name: "probabilities", text: "for each class" },
    ]);
  });

  it("differ by added, changed and removed columns", () => {
    expect(diffLines(inputLines(BEFORE), inputLines(AFTER))).toEqual([
      { name: "price", before: "a number", after: "a number, or null" },
      { name: "day", before: null, after: "a date" },
      { name: "town", before: "a text", after: null },
    ]);
  });

  it("are reduced to the differences in a comparison", () => {
    const lines = inputLines(BEFORE);
    expect(schemaFact("Input", lines, lines).after).toBe("town: a text\nprice: a number");
    expect(schemaFact("Input", lines, lines.slice(1))).toMatchObject({
      before: "town: a text",
      after: "town: missing",
    });
  });
});
