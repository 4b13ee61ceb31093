import { expect, test } from "vitest";
import { actorLabel } from "./actorLabel";

const names = new Map([["1", "ada"]]);

test.each([
  ["1", true, "ada"],
  ["me", true, "you"],
  ["01a22116-317d", true, "116-317d"],
  [null, true, null],
  ["me", false, null],
  [null, false, null],
  ["1", false, "somebody else"],
])("%s, full log: %s, is %s", (id, isFullLog, label) => {
  expect(actorLabel(id, { ownId: "me", names, isFullLog })).toBe(label);
});
