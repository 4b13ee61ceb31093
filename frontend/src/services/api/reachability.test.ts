import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Reach } from "./reachability";

let isUp: boolean;
let asked: number;
let reach: Reach;
let heard: boolean[];

beforeEach(() => {
  vi.useFakeTimers();
  [isUp, asked, heard] = [false, 0, []];
  reach = new Reach(async () => {
    asked += 1;
    if (!isUp) throw new TypeError("away");
    return true;
  });
  reach.subscribe(() => heard.push(reach.isReachable));
});
afterEach(() => vi.useRealTimers());

test("an unreachable server is polled until it responds", async () => {
  reach.markUnreachable();
  reach.markUnreachable();
  await vi.advanceTimersByTimeAsync(5_000);
  expect([reach.isReachable, asked]).toEqual([false, 2]);
  isUp = true;
  await vi.advanceTimersByTimeAsync(10_000);
  expect([reach.isReachable, asked]).toEqual([true, 3]);
  expect(heard).toEqual([false, true]);
});

test("an answered request ends the polling", async () => {
  reach.markUnreachable();
  reach.markReachable();
  await vi.advanceTimersByTimeAsync(10_000);
  expect(asked).toBe(0);
  expect(heard).toEqual([false, true]);
});
