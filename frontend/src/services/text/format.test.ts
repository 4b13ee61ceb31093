import { expect, test } from "vitest";
import {
  bytes,
  compact,
  count,
  decimal,
  duration,
  percent,
  plural,
  relativeTime,
  shortId,
} from "./format";

test("missing values are a dash", () => {
  for (const write of [count, compact, decimal, percent, bytes, duration, relativeTime]) {
    expect(write(null)).toBe("–");
  }
});

test("numbers have three significant digits", () => {
  expect([0, 0.123, 9.876, 12.34, 123.4, 1234.5].map(decimal)).toEqual([
    "0",
    "0.12",
    "9.88",
    "12.3",
    "123",
    "1,235",
  ]);
  expect([999, 9_999, 12_345, 1_200_000].map(compact)).toEqual(["999", "9,999", "12.3K", "1.2M"]);
  expect(percent(0.0125)).toBe("1.25%");
  expect([plural(1, "model"), plural(2_000, "model")]).toEqual(["1 model", "2,000 models"]);
});

test("sizes and durations use the largest fitting unit", () => {
  expect([0, 999, 1_000, 1_234_567, 5e15].map(bytes)).toEqual([
    "0 B",
    "999 B",
    "1 kB",
    "1.23 MB",
    "5,000 TB",
  ]);
  expect([0.42, 999, 1_300, 125_000, 11_400_000, 187_200_000].map(duration)).toEqual([
    "0.42 ms",
    "999 ms",
    "1.3 s",
    "2 min 5 s",
    "3 h 10 min",
    "2 d 4 h",
  ]);
});

test("times are relative to now, past and future", () => {
  const now = Date.UTC(2030, 5, 15, 12);
  const ago = (seconds: number) => relativeTime(now - seconds * 1000, now);
  expect([3, 12, 70, 7_300, 90_000, 700_000].map(ago)).toEqual([
    "just now",
    "12 seconds ago",
    "1 minute ago",
    "2 hours ago",
    "yesterday",
    "last week",
  ]);
  expect(relativeTime(now + 3 * 86_400_000, now)).toBe("in 3 days");
});

test("a long id is shortened to its end", () => {
  expect(shortId("01a2210d-956e-72b1-824b-ba04ce707c29")).toBe("ce707c29");
  expect(shortId("forest")).toBe("forest");
});
