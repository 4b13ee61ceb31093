import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { ApiError } from "./errors";
import { type Stage, upload } from "./upload";

/** A fake XMLHttpRequest; tests set how the server responds. */
class Call {
  static made: Call[] = [];
  upload: { onprogress?: (event: object) => void; onload?: () => void } = {};
  onload?: () => void;
  onerror?: () => void;
  onabort?: () => void;
  onloadend?: () => void;
  status = 0;
  responseText = "";
  token: string | null = null;
  open = vi.fn();
  send = vi.fn(() => Call.made.push(this));
  setRequestHeader = (_: string, value: string) => {
    this.token = value;
  };
  getResponseHeader = (name: string) => (name === "X-Request-ID" ? "r1" : null);
  abort = () => this.onabort?.();
  respond(status: number, body: object) {
    this.status = status;
    this.responseText = JSON.stringify(body);
    this.onload?.();
    this.onloadend?.();
  }
}

const SESSION = { currentToken: async () => "old", refresh: async () => "new" as string | null };
const FORM = new FormData();
const call = async (index = 0): Promise<Call> => {
  await vi.waitUntil(() => Call.made.length > index);
  return Call.made[index] as Call;
};

beforeEach(() => {
  Call.made = [];
  vi.stubGlobal("XMLHttpRequest", Call);
});
afterEach(() => vi.unstubAllGlobals());

test("an upload passes through its stages", async () => {
  const stages: Stage[] = [];
  const response = upload(
    { path: "/x", form: FORM, onStage: (stage) => stages.push(stage) },
    SESSION,
  );
  const made = await call();
  made.upload.onprogress?.({ loaded: 5, total: 10 });
  made.upload.onload?.();
  made.respond(201, { id: "m" });
  expect(await response).toEqual({ id: "m" });
  expect(stages).toEqual([
    { name: "sending", sent: 0, total: 0 },
    { name: "sending", sent: 5, total: 10 },
    { name: "inspecting" },
    { name: "ready" },
  ]);
});

test("a refused upload has an error and is never ready", async () => {
  const stages: Stage[] = [];
  const response = upload(
    { path: "/x", form: FORM, onStage: (stage) => stages.push(stage) },
    SESSION,
  );
  (await call()).respond(422, { detail: "the file names os.system" });
  await expect(response).rejects.toMatchObject({
    message: "The file names os.system.",
    requestId: "r1",
  });
  expect(stages.map(({ name }) => name)).not.toContain("ready");
});

test("an expired token is refreshed and the file sent again", async () => {
  const response = upload({ path: "/x", form: FORM }, SESSION);
  (await call()).respond(401, {});
  const again = await call(1);
  expect(again.token).toBe("Bearer new");
  again.respond(201, {});
  await response;
});

test("an upload can be aborted before and during sending", async () => {
  const stop = new AbortController();
  const response = upload({ path: "/x", form: FORM, signal: stop.signal }, SESSION);
  await call();
  stop.abort();
  await expect(response).rejects.toMatchObject({ name: "AbortError" });
  const late = upload({ path: "/x", form: FORM, signal: stop.signal }, SESSION);
  await expect(late).rejects.toMatchObject({ name: "AbortError" });
  expect(Call.made).toHaveLength(1);
});

test("a broken connection is an error without a response", async () => {
  const response = upload({ path: "/x", form: FORM }, SESSION);
  (await call()).onerror?.();
  await expect(response).rejects.toBeInstanceOf(ApiError);
});
