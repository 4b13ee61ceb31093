import { expect, test } from "vitest";
import { groupByDay } from "./groupByDay";

const NOW = new Date("2031-03-03T12:00").getTime();
const at = (time: string, action = "Model.Renamed", stream_id = "1") => ({
  action,
  stream_id,
  created_at: new Date(time).toISOString(),
});

test("events are grouped by day in their order", () => {
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

test("repeated session refreshes are one entry", () => {
  const rows = ["1", "1", "2"].map((stream) => at("2031-03-03T11:00", "Session.Refreshed", stream));
  const lines = groupByDay(rows, NOW)[0]?.entries;
  expect(lines?.map(({ repetitions, row }) => [row.stream_id, repetitions])).toEqual([
    ["1", 2],
    ["2", 1],
  ]);
});

test("no events have no days", () => {
  expect(groupByDay([], NOW)).toEqual([]);
});
