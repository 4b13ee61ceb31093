import { describe, expect, it } from "vitest";
import {
  actorName,
  describeWithActor,
  indexAt,
  isDeletedAfter,
  isRollback,
  type ModelEvent,
  toMicroseconds,
} from "./events";

const event = (type: string, data: Record<string, unknown> = {}, at = "2031-03-03T14:00:00Z") =>
  ({
    position: 1,
    version: 1,
    type: `Model.${type}`,
    data,
    actor_id: "ada",
    request_id: null,
    recorded_at: at,
  }) satisfies ModelEvent;

describe("the text of an event", () => {
  it("includes the actor", () => {
    expect(describeWithActor(event("Promoted", { number: 2 }), "ada")).toBe(
      "Version 2 promoted, by ada",
    );
  });

  it("names the user, another account or the platform", () => {
    const me = { id: "ada", username: "ada" };
    expect(actorName(event("Deleted"), me)).toBe("ada");
    expect(actorName({ ...event("Quarantined"), actor_id: null }, me)).toBe("the platform");
    expect(actorName({ ...event("Deleted"), actor_id: "01a22116-65aa" }, me)).toBe(
      "account 116-65aa",
    );
  });
});

describe("a point in time", () => {
  const events = [
    event("Uploaded", {}, "2031-03-03T14:00:00.000100Z"),
    event("Renamed", {}, "2031-03-03T14:00:00.000900Z"),
    event("Deleted", {}, "2031-03-04T14:00:00Z"),
    event("Restored", {}, "2031-03-05T14:00:00Z"),
  ];

  it("is exact to the microsecond", () => {
    expect(
      toMicroseconds("2031-03-03T14:00:00.0009Z") - toMicroseconds("2031-03-03T14:00:00.000100Z"),
    ).toBe(800);
    expect(indexAt(events, events[0]?.recorded_at ?? "")).toBe(0);
    expect(indexAt(events, "2031-03-03T15:00:00Z")).toBe(1);
    expect(indexAt(events, "2030-01-01T00:00:00Z")).toBe(-1);
  });

  it("between deletion and restoring has no model", () => {
    expect([0, 1, 2, 3].map((each) => isDeletedAfter(events, each))).toEqual([
      false,
      false,
      true,
      false,
    ]);
  });
});

it("the promotion of an earlier version is a rollback", () => {
  const promoted = [1, 3, 2, 3].map((number) => event("Promoted", { number }));
  const events = [event("Uploaded"), ...promoted];
  expect(events.map((_, each) => isRollback(events, each))).toEqual([
    false,
    false,
    false,
    true,
    false,
  ]);
});
