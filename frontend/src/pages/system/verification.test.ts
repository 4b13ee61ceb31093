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

test("a projection that was never compared proves nothing", () => {
  expect(verificationResult(NEVER, null)).toBeNull();
});

test("equal digests are told, with how many events they are of", () => {
  expect(verificationResult(DONE, "rebuild")).toEqual({
    outcome: "equal",
    text: "Rebuilt from 12,345 events; digest equal",
  });
});

test("tables that were wrong are told, and whether they are right now", () => {
  const different = { ...DONE, live_digest: "3:98" };
  expect(verificationResult(different, "rebuild")).toMatchObject({ outcome: "different" });
  expect(verificationResult(different, "rebuild")?.text).toContain("are right now");
  expect(verificationResult({ ...different, is_verified: false }, "verify")?.text).toContain(
    "rebuild it",
  );
});

test("tables of another rule cannot be compared", () => {
  expect(verificationResult({ ...DONE, live_digest: null }, "rebuild")?.outcome).toBe("unknown");
});

test("work is over once it has left its mark, and not before it began", () => {
  const started = { task: "verify", before: NEVER, seenAt: 0 } as const;
  expect(isFinished(started, NEVER)).toBe(false);
  expect(isFinished(started, { ...DONE, progress: 0.5 })).toBe(false);
  expect(isFinished(started, DONE)).toBe(true);
});

test("work that left no mark is lost, but not as long as it is seen", () => {
  const started = { task: "verify", before: NEVER, seenAt: 1_000 } as const;
  expect(hasFailed(started, NEVER, 5_000)).toBe(false);
  expect(hasFailed(started, NEVER, 60_000)).toBe(true);
  expect(hasFailed(started, { ...NEVER, progress: 0.1 }, 60_000)).toBe(false);
  expect(hasFailed(started, DONE, 60_000)).toBe(false);
});

test("a digest is shown by its end", () => {
  expect(shortDigest("users=451:-1234567890123456789")).toBe("…0123456789");
  expect(shortDigest("3:99")).toBe("3:99");
});
