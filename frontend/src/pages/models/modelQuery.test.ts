import { expect, test } from "vitest";
import { isFiltered, readModelQuery, toApiQuery, toggleSort, withModelQuery } from "./modelQuery";

const at = (address: string) => readModelQuery(new URLSearchParams(address));

test("the URL contains the query without default values", () => {
  const usual = new URLSearchParams();
  expect(at("")).toEqual({ search: "", state: null, sort: "created_at", order: "desc" });
  expect(withModelQuery(usual, {}).toString()).toBe("");
  const query = { search: "iris", state: "active", sort: "name", order: "desc" } as const;
  const address = withModelQuery(usual, query);
  expect(address.toString()).toBe("search=iris&state=active&sort=name&order=desc");
  expect(readModelQuery(address)).toEqual(query);
});

test("invalid values of the URL are ignored", () => {
  expect(at("sort=colour&order=sideways&state=odd")).toEqual(at(""));
});

test("a change keeps the rest of the query", () => {
  const before = new URLSearchParams("search=iris&sort=usage_count");
  expect(withModelQuery(before, { search: "" }).toString()).toBe("sort=usage_count");
});

test("a second click on a heading reverses the order", () => {
  expect(toggleSort(at(""), "name")).toEqual({ sort: "name", order: "asc" });
  expect(toggleSort(at("sort=name"), "name")).toEqual({ sort: "name", order: "desc" });
  expect(toggleSort(at("sort=name"), "usage_count").order).toBe("desc");
});

test("the query is converted to the API's parameters", () => {
  expect(toApiQuery(at("state=inactive"))).toMatchObject({
    is_active: false,
    is_quarantined: null,
  });
  expect(toApiQuery(at("state=quarantined"))).toMatchObject({
    is_active: null,
    is_quarantined: true,
  });
  expect(isFiltered(at("search=%20"))).toBe(false);
  expect(isFiltered(at("state=active"))).toBe(true);
});
