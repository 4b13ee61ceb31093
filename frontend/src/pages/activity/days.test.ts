import { expect, test } from "vitest";
import { byDay } from "./days";

const NOW = new Date("2031-03-03T12:00").getTime();
const at = (time: string) => ({ created_at: new Date(time).toISOString() });

test("what was done is put under its day, in its order", () => {
  const rows = ["2031-03-03T11:00", "2031-03-03T00:00", "2031-03-02T23:59", "2031-02-01T08:00"];
  const days = byDay(rows.map(at), NOW);
  expect(days.map(({ title, rows }) => [title, rows.length])).toEqual([
    ["Today", 2],
    ["Yesterday", 1],
    ["1 Feb 2031", 1],
  ]);
});

test("of nothing there are no days", () => {
  expect(byDay([], NOW)).toEqual([]);
});
