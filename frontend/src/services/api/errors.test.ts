import { expect, test } from "vitest";
import { ApiError, parseApiError, readApiError, toApiError } from "./errors";

const problem = (members: object) => JSON.stringify({ status: 422, detail: "x", ...members });

test("the detail of a problem becomes a sentence", () => {
  const refusal = parseApiError(problem({ detail: "the name is taken", request_id: "r1" }), 409);
  expect(refusal).toMatchObject({ message: "The name is taken.", status: 409, requestId: "r1" });
});

test("field errors are keyed by name, without their location", () => {
  const errors = [
    { loc: ["body", "email"], msg: "no e-mail address" },
    { loc: ["body", "email"], msg: "too long" },
    { loc: ["labels", 0], msg: "too short" },
    { loc: ["body"], msg: "not an object" },
  ];
  expect(parseApiError(problem({ errors }), 422).fields).toEqual({
    email: "no e-mail address",
    "labels.0": "too short",
    body: "not an object",
  });
});

test("a domain error with a field prefix is an error of that field", () => {
  const refusal = parseApiError(problem({ detail: "email: this e-mail is taken" }), 409);
  expect(refusal.fields).toEqual({ email: "this e-mail is taken" });
  expect(refusal.message).toBe("Email: this e-mail is taken.");
});

test("the message is that of a single field error, or a summary of several", () => {
  const one = [{ loc: ["body", "name"], msg: "too long" }];
  expect(parseApiError(problem({ errors: one }), 422).message).toBe("Name: too long.");
  const two = [...one, { loc: ["body", "email"], msg: "wrong" }];
  expect(parseApiError(problem({ errors: two }), 422).message).toMatch(/^Several fields/);
});

test("a response without a problem body still becomes an error", async () => {
  const response = new Response("<h1>Bad gateway</h1>", {
    status: 502,
    headers: { "X-Request-ID": "r2", "Retry-After": "3" },
  });
  const refusal = await readApiError(response);
  expect(refusal).toMatchObject({ status: 502, requestId: "r2", retryAfterS: 3 });
  expect(refusal.isTransient).toBe(true);
});

test("a network failure is recognized", () => {
  expect(toApiError(new TypeError("Failed to fetch")).isOffline).toBe(true);
  const refusal = new ApiError("No.", 403);
  expect(toApiError(refusal)).toBe(refusal);
});
