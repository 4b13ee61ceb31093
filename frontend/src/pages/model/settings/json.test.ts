import { expect, it } from "vitest";
import { schemaIn } from "./json";

it("takes a schema that is an object", () => {
  expect(schemaIn('{"type": "array"}')).toEqual({ schema: { type: "array" } });
});

it("says what is wrong with any other text", () => {
  expect(schemaIn("{")).toHaveProperty("fault", expect.stringContaining("no JSON"));
  expect(schemaIn("[1]")).toHaveProperty("fault", expect.stringContaining("begins with {"));
  const deep = `${'{"a":'.repeat(60)}1${"}".repeat(60)}`;
  expect(schemaIn(deep)).toHaveProperty("fault", expect.stringContaining("nested"));
});
