import { describe, expect, it } from "vitest";
import { timeScale } from "./timeScale";

const MINUTE = 60_000;
const YEAR = 365 * 24 * 60 * MINUTE;
const TIMES = [0, 1, MINUTE, YEAR];
const SCALE = timeScale(TIMES, YEAR + MINUTE);

describe("the time scale", () => {
  it("separates simultaneous events and gives long gaps more space", () => {
    const gaps = SCALE.positions
      .slice(1)
      .map((place, each) => place - (SCALE.positions[each] ?? 0));
    expect(Math.min(...gaps)).toBeGreaterThan(0.05);
    expect(gaps[2]).toBeGreaterThan(3 * (gaps[0] ?? 0));
  });

  it("converts times to positions and back", () => {
    for (const time of [...TIMES, MINUTE / 2, YEAR / 3]) {
      expect(SCALE.timeAt(SCALE.positionOf(time))).toBeCloseTo(time, 3);
    }
    expect(SCALE.positionOf(MINUTE)).toBe(SCALE.positions[2]);
  });

  it("ends now and begins before the first event", () => {
    expect(SCALE.positionOf(YEAR + MINUTE)).toBe(1);
    expect(SCALE.timeAt(1)).toBe(YEAR + MINUTE);
    expect(SCALE.timeAt(0)).toBeLessThan(0);
    expect(SCALE.positionOf(10 * YEAR)).toBe(1);
    expect(SCALE.positionOf(-10 * YEAR)).toBe(0);
  });

  it("works for a single event that just happened", () => {
    const { positions, positionOf } = timeScale([5], 5);
    expect(positions).toHaveLength(1);
    expect(positionOf(5)).toBeGreaterThan(0);
  });
});
