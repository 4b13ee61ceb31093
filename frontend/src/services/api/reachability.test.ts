import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Reach } from "./reachability";

let isUp: boolean;
let requests: number;
let reach: Reach;
let notified: boolean[];

beforeEach(() => {
  vi.useFakeTimers();
  [isUp, requests, notified] = [false, 0, []];
  reach = new Reach(async () => {
    requests += 1;
    if (!isUp) throw new TypeError("unreachable");
    return true;
  });
  reach.subscribe(() => notified.push(reach.isReachable));
});
afterEach(() => vi.useRealTimers());

test("an unreachable server is polled until it responds", async () => {
  reach.markUnreachable();
  reach.markUnreachable();
  await vi.advanceTimersByTimeAsync(5_000);
  expect([reach.isReachable, requests]).toEqual([false, 2]);
  isUp = true;
  await vi.advanceTimersByTimeAsync(10_000);
  expect([reach.isReachable, requests]).toEqual([true, 3]);
  expect(notified).toEqual([false, true]);
});

test("a response ends the polling", async () => {
  reach.markUnreachable();
  reach.markReachable();
  await vi.advanceTimersByTimeAsync(10_000);
  expect(requests).toBe(0);
  expect(notified).toEqual([false, true]);
});
