import { expect, test } from "vitest";
import type { Schemas } from "~/services/api/client";
import { curlExample, EMPTY_FORM, keyState, toRequestBody } from "./apiKeyForm";

const NOW = Date.parse("2031-03-03T12:00:00Z");
const KEY = { revoked_at: null, expires_at: null } as Schemas["ApiKeyView"];

test("a preset expiry is relative to now", () => {
  expect(toRequestBody({ ...EMPTY_FORM, name: " nightly ", expiry: "7" }, NOW)).toEqual({
    name: "nightly",
    scopes: ["predict"],
    expires_at: "2031-03-10T12:00:00.000Z",
    calls_per_minute: null,
  });
});

test("a date is valid to its end in the local time zone", () => {
  const body = toRequestBody({ ...EMPTY_FORM, expiry: "date", date: "2031-04-01" }, NOW);
  expect(new Date(String(body.expires_at)).getHours()).toBe(23);
});

test("a key may have no expiry and a limit", () => {
  const body = toRequestBody({ ...EMPTY_FORM, expiry: "never", callsPerMinute: "60" });
  expect(body).toMatchObject({ expires_at: null, calls_per_minute: 60 });
});

test.each([
  [{}, "active"],
  [{ expires_at: "2031-03-03T12:00:01Z" }, "active"],
  [{ expires_at: "2031-03-03T12:00:00Z" }, "expired"],
  [{ expires_at: "2031-01-01T00:00:00Z", revoked_at: "2030-01-01T00:00:00Z" }, "revoked"],
])("the state of %j is %s", (members, state) => {
  expect(keyState({ ...KEY, ...members }, NOW)).toBe(state);
});

test.each([
  [["predict", "read"], "/api/v1/models \\"],
  [["predict"], "/predict \\"],
  [["write"], "/upload \\"],
])("the example call of a key with %j is permitted by its scopes", (scopes, path) => {
  const code = curlExample("mlp_x", scopes, "http://here");
  expect(code).toContain(path);
  expect(code).toContain("Bearer mlp_x");
});
