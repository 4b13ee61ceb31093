import { expect, test } from "vitest";
import { ApiError, parseApiError, readApiError, toApiError } from "./errors";

const problem = (members: object) => JSON.stringify({ status: 422, detail: "x", ...members });

test("a problem's detail becomes a sentence", () => {
  const refusal = parseApiError(problem({ detail: "the name is taken", request_id: "r1" }), 409);
  expect(refusal).toMatchObject({ message: "The name is taken.", status: 409, requestId: "r1" });
});

test("what is wrong with a field is found by its name, without where it was sent", () => {
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

test("a rule's fault is that of the field which it names", () => {
  const refusal = parseApiError(problem({ detail: "email: this e-mail is taken" }), 409);
  expect(refusal.fields).toEqual({ email: "this e-mail is taken" });
  expect(refusal.message).toBe("Email: this e-mail is taken.");
});

test("one field's fault is told, several are counted on to be shown beside their fields", () => {
  const one = [{ loc: ["body", "name"], msg: "too long" }];
  expect(parseApiError(problem({ errors: one }), 422).message).toBe("Name: too long.");
  const two = [...one, { loc: ["body", "email"], msg: "wrong" }];
  expect(parseApiError(problem({ errors: two }), 422).message).toMatch(/^Several fields/);
});

test("an answer that is no problem at all is still told of", async () => {
  const response = new Response("<h1>Bad gateway</h1>", {
    status: 502,
    headers: { "X-Request-ID": "r2", "Retry-After": "3" },
  });
  const refusal = await readApiError(response);
  expect(refusal).toMatchObject({ status: 502, requestId: "r2", retryAfterS: 3 });
  expect(refusal.isTransient).toBe(true);
});

test("what a browser throws where no answer came is told as such", () => {
  expect(toApiError(new TypeError("Failed to fetch")).isOffline).toBe(true);
  const refusal = new ApiError("No.", 403);
  expect(toApiError(refusal)).toBe(refusal);
});
