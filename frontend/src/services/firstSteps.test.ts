import { expect, test } from "vitest";
import { firstSteps, hasFlag, isHistoryPath, type Progress, setFlag } from "./firstSteps";

const NOTHING: Progress = {
  models: 0,
  predictions: 0,
  hasSeenHistory: false,
  keys: 0,
  modelId: null,
};
const done = (standing: Partial<Progress>) =>
  firstSteps({ ...NOTHING, ...standing })
    .filter(({ isDone }) => isDone)
    .map(({ id }) => id);
const open = (standing: Partial<Progress>) =>
  firstSteps({ ...NOTHING, ...standing })
    .filter(({ to }) => to !== null)
    .map(({ id }) => id);

test("without a model only uploading and creating a key are possible", () => {
  expect(done({})).toEqual([]);
  expect(open({})).toEqual(["upload", "key"]);
});

test("steps are done in any order", () => {
  expect(done({ keys: 1 })).toEqual(["key"]);
  expect(done({ models: 1, modelId: "a", predictions: 3 })).toEqual(["upload", "call"]);
  expect(done({ models: 1, predictions: 1, hasSeenHistory: true, keys: 2 })).toHaveLength(4);
});

test("an empty history does not count as seen", () => {
  expect(done({ models: 1, modelId: "a", hasSeenHistory: true })).toEqual(["upload"]);
  expect(open({ models: 1, modelId: "a" })).toEqual(["upload", "call", "key"]);
  expect(open({ models: 1, modelId: "a", predictions: 1 })).toContain("history");
});

test("flags are kept per user of a browser", () => {
  const items = new Map<string, string>();
  const notes = {
    getItem: (key: string) => items.get(key) ?? null,
    setItem: (key: string, value: string) => void items.set(key, value),
  };
  setFlag("history-seen", "ada", notes);
  expect(hasFlag("history-seen", "ada", notes)).toBe(true);
  expect(hasFlag("history-seen", "bob", notes)).toBe(false);
});

test("the path of a history is recognized", () => {
  expect(isHistoryPath("/models/1/history")).toBe(true);
  expect(isHistoryPath("/models/1/metrics")).toBe(false);
});
