import { expect, test } from "vitest";
import { groupByDay } from "./groupByDay";

const NOW = new Date("2031-03-03T12:00").getTime();
const at = (time: string, action = "Model.Renamed", stream_id = "1") => ({
  action,
  stream_id,
  created_at: new Date(time).toISOString(),
});

test("what was done is put under its day, in its order", () => {
  const times = ["2031-03-03T11:00", "2031-03-03T00:00", "2031-03-02T23:59", "2031-02-01T08:00"];
  const days = groupByDay(
    times.map((time) => at(time)),
    NOW,
  );
  expect(days.map(({ title, entries }) => [title, entries.length])).toEqual([
    ["Today", 2],
    ["Yesterday", 1],
    ["1 Feb 2031", 1],
  ]);
});

test("what a browser does by itself again and again is one line", () => {
  const rows = ["1", "1", "2"].map((stream) => at("2031-03-03T11:00", "Session.Refreshed", stream));
  const lines = groupByDay(rows, NOW)[0]?.entries;
  expect(lines?.map(({ repetitions, row }) => [row.stream_id, repetitions])).toEqual([
    ["1", 2],
    ["2", 1],
  ]);
});

test("of nothing there are no days", () => {
  expect(groupByDay([], NOW)).toEqual([]);
});
