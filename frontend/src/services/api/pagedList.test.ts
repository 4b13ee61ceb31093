// @vitest-environment jsdom
import { expect, test } from "vitest";
import { fileNameFrom } from "./download";
import { buildPath, nextPagePath } from "./pagedList";

test("path parameters are filled in and empty query values left out", () => {
  const query = { limit: 20, search: "", status: null, before: "x&y" };
  const params = { path: { model_id: "a/b" }, query };
  expect(buildPath("/models/{model_id}/history", params)).toBe(
    "/models/a%2Fb/history?limit=20&before=x%26y",
  );
  expect(buildPath("/models", {})).toBe("/models");
});

test("the host of the next page's link is ignored", () => {
  const next = '<http://internal:8000/api/v1/models?before=x>; rel="next"';
  expect(nextPagePath(next)).toBe("/api/v1/models?before=x");
  expect(nextPagePath('</api/v1/models?skip=20>; rel="prev"')).toBeNull();
  expect(nextPagePath(null)).toBeNull();
});

test("the file name is read from Content-Disposition", () => {
  expect(fileNameFrom('attachment; filename="iris-history.csv"')).toBe("iris-history.csv");
  expect(fileNameFrom(null)).toBeNull();
});
