// @vitest-environment jsdom
import { expect, test } from "vitest";
import { nameIn } from "./download";
import { addressOf, nextOf } from "./listing";

test("an address is filled in, and what is not asked for left out", () => {
  const query = { limit: 20, search: "", status: null, before: "x&y" };
  const params = { path: { model_id: "a/b" }, query };
  expect(addressOf("/models/{model_id}/history", params)).toBe(
    "/models/a%2Fb/history?limit=20&before=x%26y",
  );
  expect(addressOf("/models", {})).toBe("/models");
});

test("the next page is one of this very server, whatever the header names", () => {
  const next = '<http://internal:8000/api/v1/models?before=x>; rel="next"';
  expect(nextOf(next)).toBe("/api/v1/models?before=x");
  expect(nextOf('</api/v1/models?skip=20>; rel="prev"')).toBeNull();
  expect(nextOf(null)).toBeNull();
});

test("an export is named as the server names it", () => {
  expect(nameIn('attachment; filename="iris-history.csv"')).toBe("iris-history.csv");
  expect(nameIn(null)).toBeNull();
});
