// @vitest-environment jsdom
import { matchRoutes } from "react-router";
import { expect, test } from "vitest";
import { NAVIGATION } from "./navigation";
import { routes } from "./routes";

const lastMatch = (path: string) => matchRoutes(routes, path)?.at(-1)?.route;
const lazyRoutes = (path: string) =>
  (matchRoutes(routes, path) ?? []).filter(({ route }) => route.lazy !== undefined);

test.each(NAVIGATION.map(({ path }) => path))("the navigation entry %s leads to a page", (path) => {
  expect(lastMatch(path)?.path).not.toBe("*");
  expect(lazyRoutes(path)).toHaveLength(1);
});

test("a tab of a model is loaded together with the page around it", () => {
  expect(lazyRoutes("/models/1")).toHaveLength(2);
  expect(lazyRoutes("/models/1/history")).toHaveLength(2);
});

test.each(["/nowhere", "/models/1/nothing"])(
  "the unknown path %s shows the not-found page",
  (path) => {
    expect(lastMatch(path)?.path).toBe("*");
  },
);
