import { expect, test } from "vitest";
import { isFiltered, readFilters, toQuery, withFilter } from "./filters";

const ID = "01a22116-317d-7d13-8eed-bc0bee78a3b5";
const filters = (address: string, isAdmin = true) =>
  readFilters(new URLSearchParams(address), isAdmin);

test("the URL's filters become the API's query", () => {
  const found = filters(`log=all&action=Model.Renamed&user=${ID}&stream=${ID}`);
  expect(found.isFullLog).toBe(true);
  expect(toQuery(found)).toMatchObject({
    action: "Model.Renamed",
    user_id: ID,
    stream_id: ID,
    since: "",
  });
});

test("days are inclusive, from midnight to midnight", () => {
  const { since, until } = toQuery(filters("log=all&from=2031-03-03&to=2031-03-03"));
  expect(new Date(String(since)).getTime()).toBe(new Date("2031-03-03T00:00").getTime());
  expect(new Date(String(until)).getTime()).toBe(new Date("2031-03-04T00:00").getTime());
});

test("users see their own activity, whatever the URL says", () => {
  const found = filters(`log=all&user=${ID}&action=Model.Renamed`, false);
  expect(found).toMatchObject({ isFullLog: false, user: "", action: "Model.Renamed" });
});

test.each(["action=Nothing", "log=all&user=me", "log=all&from=2031-13-45", "log=all&to=x"])(
  "invalid filters are ignored: %s",
  (address) => {
    expect(isFiltered(filters(address))).toBe(false);
  },
);

test("a filter is added to the URL and removed", () => {
  const one = withFilter(new URLSearchParams("log=all"), "stream", ID);
  expect(one.toString()).toBe(`log=all&stream=${ID}`);
  expect(withFilter(one, "stream", "").toString()).toBe("log=all");
});
