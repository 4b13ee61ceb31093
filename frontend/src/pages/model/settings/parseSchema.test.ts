import { expect, it } from "vitest";
import { parseSchema } from "./parseSchema";

it("an object is a schema", () => {
  expect(parseSchema('{"type": "array"}')).toEqual({ schema: { type: "array" } });
});

it("any other text has an error", () => {
  expect(parseSchema("{")).toHaveProperty("error", expect.stringContaining("not JSON"));
  expect(parseSchema("[1]")).toHaveProperty("error", expect.stringContaining("begins with {"));
  const deep = `${'{"a":'.repeat(60)}1${"}".repeat(60)}`;
  expect(parseSchema(deep)).toHaveProperty("error", expect.stringContaining("nested"));
});
