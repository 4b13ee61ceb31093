/**
 * The session, shared by all tabs of the browser.
 *
 * The access token is kept in memory only and the refresh token in an HttpOnly cookie, so injected
 * scripts cannot keep either. Of many requests with an expired token, in all tabs, only one
 * refreshes it: one promise per tab, one lock across tabs. The new token is broadcast to the other
 * tabs.
 */

import { readApiError, unreachableError } from "./errors";

export type SessionStatus = "unknown" | "in" | "out";

/** `expired`: the session expired, or was ended elsewhere. */
export type EndReason = "signed-out" | "expired";

export interface Tokens {
  access_token: string;
  /** In seconds. */
  expires_in: number;
}

type Message =
  | { kind: "token"; token: string; expiresAt: number }
  | { kind: "out"; reason: EndReason };

interface Locks {
  request: (name: string, run: () => Promise<string | null>) => Promise<string | null>;
}

/** The browser APIs that a session needs; tests pass fakes. */
export interface SessionDependencies {
  fetch: typeof fetch;
  channel: BroadcastChannel | null;
  locks: Locks | null;
  /** Remembers that somebody is signed in, so that other visitors send no refresh request. */
  hintStorage: Pick<Storage, "getItem" | "setItem" | "removeItem"> | null;
}

const LOCK_NAME = "session-refresh";
const HINT_KEY = "signed-in";
const REFRESH_BEFORE_END_MS = 60_000;
const REFRESH_JITTER_MS = 15_000;

export class Session {
  private token: string | null = null;
  private expiresAt = 0;
  private state: SessionStatus;
  private lastEndReason: EndReason | null = null;
  private refreshing: Promise<string | null> | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private readonly listeners = new Set<() => void>();

  constructor(private readonly dependencies: SessionDependencies) {
    this.state =
      dependencies.hintStorage === null || dependencies.hintStorage.getItem(HINT_KEY)
        ? "unknown"
        : "out";
    dependencies.channel?.addEventListener("message", ({ data }: MessageEvent<Message>) => {
      if (data.kind === "out") this.clearToken(data.reason);
      else this.adoptToken(data.token, data.expiresAt);
    });
  }

  get status(): SessionStatus {
    return this.state;
  }

  /** Why the session ended; null if nobody was signed in. */
  get endReason(): EndReason | null {
    return this.lastEndReason;
  }

  /** For `useSyncExternalStore`. */
  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  /** Restore the session. Rejects if the server cannot be reached. */
  async start(): Promise<void> {
    if (this.state === "unknown") await this.refresh();
  }

  async signIn(username: string, password: string): Promise<void> {
    const response = await this.post("login", {
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ username, password, use_cookie: true }),
    });
    if (!response.ok) throw await readApiError(response);
    this.acceptTokens((await response.json()) as Tokens);
  }

  /** End the session in all tabs, whether or not the server can be reached. */
  async signOut(): Promise<void> {
    const token = Date.now() < this.expiresAt ? this.token : null;
    this.endSession("signed-out");
    await this.withLock(() => this.closeOnServer(token)).catch(() => undefined);
  }

  /** A valid access token; null if nobody is signed in. */
  async currentToken(): Promise<string | null> {
    if (this.state === "out") return null;
    return this.token !== null && Date.now() < this.expiresAt ? this.token : this.refresh();
  }

  /**
   * Refresh the token, once for concurrent callers. `rejectedToken` is the one that was refused.
   */
  refresh(rejectedToken: string | null = this.token): Promise<string | null> {
    if (this.token !== null && this.token !== rejectedToken) return Promise.resolve(this.token);
    this.refreshing ??= this.withLock(() => this.exchangeToken(rejectedToken)).finally(() => {
      this.refreshing = null;
    });
    return this.refreshing;
  }

  private withLock(run: () => Promise<string | null>): Promise<string | null> {
    return this.dependencies.locks === null
      ? run()
      : this.dependencies.locks.request(LOCK_NAME, run);
  }

  private async exchangeToken(rejectedToken: string | null): Promise<string | null> {
    if (this.state === "out") return null;
    if (this.token !== null && this.token !== rejectedToken) return this.token; // another tab was first
    const response = await this.post("refresh", {});
    if (this.status === "out") return null; // signed out meanwhile
    if (response.ok) return this.acceptTokens((await response.json()) as Tokens);
    if (isTransient(response.status)) throw await readApiError(response);
    this.endSession("expired");
    return null;
  }

  /** Logout needs a valid token to delete the cookie, so an expired one is refreshed first. */
  private async closeOnServer(token: string | null): Promise<null> {
    if (token !== null && (await this.logOut(token)).status !== 401) return null;
    const response = await this.post("refresh", {});
    if (response.ok && this.status === "out")
      await this.logOut(((await response.json()) as Tokens).access_token);
    return null;
  }

  private logOut(token: string): Promise<Response> {
    return this.post("logout", { headers: { Authorization: `Bearer ${token}` } });
  }

  private async post(path: string, init: RequestInit): Promise<Response> {
    try {
      return await this.dependencies.fetch(`/api/v1/auth/${path}`, {
        ...init,
        method: "POST",
        credentials: "same-origin",
        headers: [["X-Requested-With", "page"], ...new Headers(init.headers)],
      });
    } catch {
      throw unreachableError();
    }
  }

  private acceptTokens(tokens: Tokens): string {
    const expiresAt = Date.now() + tokens.expires_in * 1000;
    this.adoptToken(tokens.access_token, expiresAt);
    this.dependencies.hintStorage?.setItem(HINT_KEY, "1");
    this.broadcast({ kind: "token", token: tokens.access_token, expiresAt });
    return tokens.access_token;
  }

  private endSession(reason: EndReason): void {
    this.clearToken(reason);
    this.dependencies.hintStorage?.removeItem(HINT_KEY);
    this.broadcast({ kind: "out", reason });
  }

  private adoptToken(token: string, expiresAt: number): void {
    this.token = token;
    this.expiresAt = expiresAt;
    this.lastEndReason = null;
    this.setStatus("in");
    const remainingMs = expiresAt - Date.now();
    const leadMs = Math.min(
      REFRESH_BEFORE_END_MS + Math.random() * REFRESH_JITTER_MS,
      remainingMs / 4,
    );
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.refresh().catch(() => undefined), remainingMs - leadMs);
  }

  private clearToken(reason: EndReason): void {
    clearTimeout(this.timer);
    this.lastEndReason = reason;
    this.token = null;
    this.expiresAt = 0;
    this.setStatus("out");
  }

  private setStatus(state: SessionStatus): void {
    if (this.state === state) return;
    this.state = state;
    for (const listener of this.listeners) listener();
  }

  private broadcast(message: Message): void {
    this.dependencies.channel?.postMessage(message);
  }
}

/** Whether an error status does not concern the session. */
const isTransient = (status: number): boolean => status === 408 || status === 429 || status >= 500;

/** Storage may be blocked; then every page load sends a refresh request. */
function localStorageOrNull(): Storage | null {
  try {
    return window.localStorage;
  } catch {
    return null;
  }
}

export const browserDependencies = (): SessionDependencies => ({
  fetch: (input, init) => fetch(input, init),
  channel: "BroadcastChannel" in globalThis ? new BroadcastChannel("session") : null,
  // Only available in secure contexts.
  locks:
    "locks" in navigator
      ? { request: async (name, run) => await navigator.locks.request(name, run) }
      : null,
  hintStorage: localStorageOrNull(),
});
