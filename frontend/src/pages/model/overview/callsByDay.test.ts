import { expect, it } from "vitest";
import { callsByDay } from "./callsByDay";

it("days without calls are included", () => {
  const days = [
    { day: "2026-02-27", calls: 3, failures: 0 },
    { day: "2026-03-01", calls: 5, failures: 1 },
  ];
  expect(callsByDay(days, 4, Date.UTC(2026, 2, 1, 23))).toEqual([0, 3, 0, 5]);
});
