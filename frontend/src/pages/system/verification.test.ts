import { expect, test } from "vitest";
import {
  hasFailed,
  isFinished,
  type Projection,
  shortDigest,
  verificationResult,
} from "./verification";

const NEVER = {
  name: "model_stats",
  progress: null,
  digest: null,
  live_digest: null,
  verified_position: null,
  is_verified: null,
  verified_at: null,
} as Projection;
const DONE: Projection = {
  ...NEVER,
  digest: "3:99",
  live_digest: "3:99",
  verified_position: 12_345,
  is_verified: true,
  verified_at: "2031-03-03T12:00:00Z",
};

test("without a comparison there is no result", () => {
  expect(verificationResult(NEVER, null)).toBeNull();
});

test("equal digests are reported with the number of events", () => {
  expect(verificationResult(DONE, "rebuild")).toEqual({
    outcome: "equal",
    text: "Rebuilt from 12,345 events; digest equal",
  });
});

test("different digests are reported, and whether the tables are right now", () => {
  const different = { ...DONE, live_digest: "3:98" };
  expect(verificationResult(different, "rebuild")).toMatchObject({ outcome: "different" });
  expect(verificationResult(different, "rebuild")?.text).toContain("are right now");
  expect(verificationResult({ ...different, is_verified: false }, "verify")?.text).toContain(
    "rebuild it",
  );
});

test("tables of another rule version cannot be compared", () => {
  expect(verificationResult({ ...DONE, live_digest: null }, "rebuild")?.outcome).toBe("unknown");
});

test("a task is finished once its result is there", () => {
  const started = { task: "verify", before: NEVER, seenAt: 0 } as const;
  expect(isFinished(started, NEVER)).toBe(false);
  expect(isFinished(started, { ...DONE, progress: 0.5 })).toBe(false);
  expect(isFinished(started, DONE)).toBe(true);
});

test("a task without a result has failed after a timeout", () => {
  const started = { task: "verify", before: NEVER, seenAt: 1_000 } as const;
  expect(hasFailed(started, NEVER, 5_000)).toBe(false);
  expect(hasFailed(started, NEVER, 60_000)).toBe(true);
  expect(hasFailed(started, { ...NEVER, progress: 0.1 }, 60_000)).toBe(false);
  expect(hasFailed(started, DONE, 60_000)).toBe(false);
});

test("a long digest is shortened to its end", () => {
  expect(shortDigest("users=451:-1234567890123456789")).toBe("…0123456789");
  expect(shortDigest("3:99")).toBe("3:99");
});
