import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { ApiError } from "./errors";
import { Session, type SessionDependencies } from "./session";

/** A fake server that counts refreshes; tests set how it responds. */
class Server {
  refreshes = 0;
  calls: string[] = [];
  refusal: number | null = null;
  expiresIn = 1_800;
  readonly unknown = new Set<string>();

  fetch = (async (input: string, init: RequestInit) => {
    this.calls.push(input);
    expect(new Headers(init.headers).get("X-Requested-With")).toBe("page");
    await new Promise((done) => setTimeout(done, 5));
    if (input.endsWith("/logout")) {
      const isKnown = !this.unknown.has(new Headers(init.headers).get("Authorization") ?? "");
      return new Response(null, { status: isKnown ? 204 : 401 });
    }
    if (this.refusal !== null) return new Response("{}", { status: this.refusal });
    if (input.endsWith("/refresh")) this.refreshes += 1;
    return Response.json({
      access_token: `token ${this.refreshes}`,
      refresh_token: null,
      expires_in: this.expiresIn,
    });
  }) as unknown as typeof fetch;
}

/** Runs requests one after another, like `navigator.locks`. */
class Locks {
  private last: Promise<unknown> = Promise.resolve();
  request = (_: string, run: () => Promise<string | null>): Promise<string | null> => {
    const turn = this.last.then(run);
    this.last = turn.catch(() => undefined);
    return turn;
  };
}

class Hints {
  readonly items = new Map<string, string>();
  getItem = (name: string) => this.items.get(name) ?? null;
  setItem = (name: string, value: string) => void this.items.set(name, value);
  removeItem = (name: string) => void this.items.delete(name);
}

let server: Server;
let locks: Locks;
let hints: Hints;
let channels: BroadcastChannel[];

function tab(): Session {
  const channel = new BroadcastChannel("session");
  channels.push(channel);
  const around: SessionDependencies = { fetch: server.fetch, channel, locks, hintStorage: hints };
  return new Session(around);
}

const settled = () => new Promise((done) => setTimeout(done, 30));

beforeEach(() => {
  server = new Server();
  locks = new Locks();
  hints = new Hints();
  channels = [];
});
afterEach(() => {
  for (const channel of channels) channel.close();
  vi.useRealTimers();
});

describe("signing in", () => {
  test("requests a cookie and stores no token", async () => {
    const session = tab();
    await session.signIn("ada", "a long passphrase");
    expect(session.status).toBe("in");
    expect(await session.currentToken()).toBe("token 0");
    expect([...hints.items.values()]).toEqual(["1"]);
  });

  test("is rejected for a wrong password", async () => {
    server.refusal = 401;
    const session = tab();
    await expect(session.signIn("ada", "wrong")).rejects.toBeInstanceOf(ApiError);
    expect(session.status).toBe("out");
  });

  test("sends no request if nobody was signed in", async () => {
    const session = tab();
    await session.start();
    expect(session.status).toBe("out");
    expect(server.calls).toEqual([]);
  });

  test("is restored by the cookie after a reload", async () => {
    hints.setItem("signed-in", "1");
    const session = tab();
    expect(session.status).toBe("unknown");
    await session.start();
    expect(session.status).toBe("in");
  });
});

describe("refreshing", () => {
  test("happens once for many concurrent requests", async () => {
    const session = tab();
    await session.signIn("ada", "a long passphrase");
    const tokens = await Promise.all(Array.from({ length: 8 }, () => session.refresh("token 0")));
    expect(new Set(tokens)).toEqual(new Set(["token 1"]));
    expect(server.refreshes).toBe(1);
  });

  test("returns the new token to a late request with the old one", async () => {
    const session = tab();
    await session.signIn("ada", "a long passphrase");
    await session.refresh("token 0");
    expect(await session.refresh("token 0")).toBe("token 1");
    expect(server.refreshes).toBe(1);
  });

  test("shares the token with other tabs", async () => {
    const [one, two] = [tab(), tab()];
    await one.signIn("ada", "a long passphrase");
    await settled();
    expect(two.status).toBe("in");
    await one.refresh();
    await settled();
    expect(await two.currentToken()).toBe("token 1");
    expect(server.refreshes).toBe(1);
  });

  test("runs in one tab at a time", async () => {
    let running = 0;
    let most = 0;
    const respond = server.fetch;
    server.fetch = (async (...call: Parameters<typeof fetch>) => {
      running += 1;
      most = Math.max(most, running);
      const response = await respond(...call);
      running -= 1;
      return response;
    }) as typeof fetch;
    hints.setItem("signed-in", "1");
    await Promise.all([tab(), tab(), tab()].map((session) => session.start()));
    expect(most).toBe(1);
  });

  test("ends the session if the cookie is invalid", async () => {
    hints.setItem("signed-in", "1");
    server.refusal = 401;
    const session = tab();
    await session.start();
    expect(session.status).toBe("out");
    expect(hints.items.size).toBe(0);
  });

  test.each([429, 500, 503])("keeps the session if the server responds with %i", async (status) => {
    hints.setItem("signed-in", "1");
    server.refusal = status;
    const session = tab();
    await expect(session.start()).rejects.toMatchObject({ status });
    expect(session.status).toBe("unknown");
    server.refusal = null;
    await session.start();
    expect(session.status).toBe("in");
  });

  test("happens before the token expires", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "Date"] });
    const session = tab();
    const signedIn = session.signIn("ada", "a long passphrase");
    await vi.advanceTimersByTimeAsync(10);
    await signedIn;
    await vi.advanceTimersByTimeAsync((server.expiresIn - 30) * 1_000);
    expect(server.refreshes).toBe(1);
    session.signOut();
    await vi.advanceTimersByTimeAsync(10);
  });
});

describe("signing out", () => {
  test("takes effect in all tabs", async () => {
    const [one, two] = [tab(), tab()];
    await one.signIn("ada", "a long passphrase");
    await settled();
    await one.signOut();
    await settled();
    expect([one.status, two.status]).toEqual(["out", "out"]);
    expect(await two.currentToken()).toBeNull();
    expect(server.calls.filter((call) => call.endsWith("/logout"))).toHaveLength(1);
  });

  test("is distinguished from an expired session in all tabs", async () => {
    const [one, two] = [tab(), tab()];
    await one.signIn("ada", "a long passphrase");
    await settled();
    await one.signOut();
    await settled();
    expect([one.endReason, two.endReason]).toEqual(["signed-out", "signed-out"]);
    await two.signIn("bob", "a long passphrase");
    server.refusal = 401;
    await two.refresh();
    await settled();
    expect([two.status, one.endReason, two.endReason]).toEqual(["out", "expired", "expired"]);
  });

  test("refreshes an expired token first, so that the cookie is deleted", async () => {
    const session = tab();
    server.expiresIn = 0;
    await session.signIn("ada", "a long passphrase");
    await session.signOut();
    expect(server.calls).toEqual(
      ["login", "refresh", "logout"].map((each) => `/api/v1/auth/${each}`),
    );
    expect(session.status).toBe("out");
  });

  test("refreshes a token that the server rejects", async () => {
    const session = tab();
    await session.signIn("ada", "a long passphrase");
    server.unknown.add("Bearer token 0");
    await session.signOut();
    expect(server.calls.slice(1)).toEqual(
      ["logout", "refresh", "logout"].map((each) => `/api/v1/auth/${each}`),
    );
    expect(session.status).toBe("out");
  });

  test("discards the result of a pending refresh", async () => {
    const session = tab();
    await session.signIn("ada", "a long passphrase");
    const refreshed = session.refresh();
    await vi.waitUntil(() => server.calls.some((call) => call.endsWith("/refresh")), {
      interval: 1,
    });
    await session.signOut();
    expect(await refreshed).toBeNull();
    expect(session.status).toBe("out");
  });
});
