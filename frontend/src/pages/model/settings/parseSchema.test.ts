import { expect, it } from "vitest";
import { parseSchema } from "./parseSchema";

it("takes a schema that is an object", () => {
  expect(parseSchema('{"type": "array"}')).toEqual({ schema: { type: "array" } });
});

it("says what is wrong with any other text", () => {
  expect(parseSchema("{")).toHaveProperty("fault", expect.stringContaining("no JSON"));
  expect(parseSchema("[1]")).toHaveProperty("fault", expect.stringContaining("begins with {"));
  const deep = `${'{"a":'.repeat(60)}1${"}".repeat(60)}`;
  expect(parseSchema(deep)).toHaveProperty("fault", expect.stringContaining("nested"));
});
