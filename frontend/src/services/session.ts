/**
 * Who is signed in, in this tab and all others of this browser.
 *
 * The access token is kept in memory alone. The refresh token is a cookie that no script can read,
 * so that one that was smuggled in could use neither for longer than it runs. Of many calls that
 * meet with an ended token, in all tabs together, one exchanges it: in a tab by one promise, across
 * tabs by one lock, and whoever has the new token hands it to the others.
 */

import { refusalOf, unreachable } from "./problems";

export type SessionStatus = "unknown" | "in" | "out";

/** `left`: somebody signed out; `over`: the session ended by itself, or was ended from elsewhere. */
export type Ending = "left" | "over";

export interface Tokens {
  access_token: string;
  /** Seconds. */
  expires_in: number;
}

type Message =
  | { kind: "token"; token: string; expiresAt: number }
  | { kind: "out"; ending: Ending };

interface Locks {
  request: (name: string, run: () => Promise<string | null>) => Promise<string | null>;
}

/** What a session stands on; a test gives its own. */
export interface Surroundings {
  fetch: typeof fetch;
  channel: BroadcastChannel | null;
  locks: Locks | null;
  /** Remembers that somebody is signed in, so that strangers' pages do not ask for a token. */
  hints: Pick<Storage, "getItem" | "setItem" | "removeItem"> | null;
}

const LOCK = "session-refresh";
const HINT = "signed-in";
const REFRESH_BEFORE_END_MS = 60_000;
const SPREAD_MS = 15_000;

export class Session {
  private token: string | null = null;
  private expiresAt = 0;
  private state: SessionStatus;
  private lastEnding: Ending | null = null;
  private flight: Promise<string | null> | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private readonly listeners = new Set<() => void>();

  constructor(private readonly around: Surroundings) {
    this.state = around.hints === null || around.hints.getItem(HINT) ? "unknown" : "out";
    around.channel?.addEventListener("message", ({ data }: MessageEvent<Message>) => {
      if (data.kind === "out") this.forget(data.ending);
      else this.adopt(data.token, data.expiresAt);
    });
  }

  get status(): SessionStatus {
    return this.state;
  }

  /** How it came that nobody is signed in; null where nobody was. */
  get ending(): Ending | null {
    return this.lastEnding;
  }

  /** For `useSyncExternalStore`. */
  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  /** Find out whether somebody is signed in; rejects where the server cannot be reached. */
  async start(): Promise<void> {
    if (this.state === "unknown") await this.refresh();
  }

  async signIn(username: string, password: string): Promise<void> {
    const response = await this.post("login", {
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ username, password, use_cookie: true }),
    });
    if (!response.ok) throw await refusalOf(response);
    this.take((await response.json()) as Tokens);
  }

  /** End the session, here and in all tabs, whether or not the server hears of it. */
  async signOut(): Promise<void> {
    const token = Date.now() < this.expiresAt ? this.token : null;
    this.end("left");
    await this.alone(() => this.leave(token)).catch(() => undefined);
  }

  /** An access token that holds for a while yet; null where nobody is signed in. */
  async current(): Promise<string | null> {
    if (this.state === "out") return null;
    return this.token !== null && Date.now() < this.expiresAt ? this.token : this.refresh();
  }

  /** Exchange the token, once for all who ask meanwhile. `refused` is the one that was no good. */
  refresh(refused: string | null = this.token): Promise<string | null> {
    if (this.token !== null && this.token !== refused) return Promise.resolve(this.token);
    this.flight ??= this.alone(() => this.exchange(refused)).finally(() => {
      this.flight = null;
    });
    return this.flight;
  }

  private alone(run: () => Promise<string | null>): Promise<string | null> {
    return this.around.locks === null ? run() : this.around.locks.request(LOCK, run);
  }

  private async exchange(refused: string | null): Promise<string | null> {
    if (this.state === "out") return null;
    if (this.token !== null && this.token !== refused) return this.token; // another tab was first
    const response = await this.post("refresh", {});
    if (this.status === "out") return null; // signed out meanwhile, here or in another tab
    if (response.ok) return this.take((await response.json()) as Tokens);
    if (isTransient(response.status)) throw await refusalOf(response);
    this.end("over");
    return null;
  }

  /** A token that has ended signs nobody out, and would leave the cookie: it is exchanged first. */
  private async leave(token: string | null): Promise<null> {
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
      return await this.around.fetch(`/api/v1/auth/${path}`, {
        ...init,
        method: "POST",
        credentials: "same-origin",
        headers: [["X-Requested-With", "page"], ...new Headers(init.headers)],
      });
    } catch {
      throw unreachable();
    }
  }

  private take(tokens: Tokens): string {
    const expiresAt = Date.now() + tokens.expires_in * 1000;
    this.adopt(tokens.access_token, expiresAt);
    this.around.hints?.setItem(HINT, "1");
    this.tell({ kind: "token", token: tokens.access_token, expiresAt });
    return tokens.access_token;
  }

  private end(ending: Ending): void {
    this.forget(ending);
    this.around.hints?.removeItem(HINT);
    this.tell({ kind: "out", ending });
  }

  private adopt(token: string, expiresAt: number): void {
    this.token = token;
    this.expiresAt = expiresAt;
    this.lastEnding = null;
    this.become("in");
    const left = expiresAt - Date.now();
    const lead = Math.min(REFRESH_BEFORE_END_MS + Math.random() * SPREAD_MS, left / 4);
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.refresh().catch(() => undefined), left - lead);
  }

  private forget(ending: Ending): void {
    clearTimeout(this.timer);
    this.lastEnding = ending;
    this.token = null;
    this.expiresAt = 0;
    this.become("out");
  }

  private become(state: SessionStatus): void {
    if (this.state === state) return;
    this.state = state;
    for (const listener of this.listeners) listener();
  }

  private tell(message: Message): void {
    this.around.channel?.postMessage(message);
  }
}

/** Whether a refusal says nothing about the session. */
const isTransient = (status: number): boolean => status === 408 || status === 429 || status >= 500;

/** Storage may be forbidden; then each page asks the server once. */
function storage(): Storage | null {
  try {
    return window.localStorage;
  } catch {
    return null;
  }
}

export const browser = (): Surroundings => ({
  fetch: (input, init) => fetch(input, init),
  channel: "BroadcastChannel" in globalThis ? new BroadcastChannel("session") : null,
  // Pages that came by plain HTTP from another machine have none.
  locks:
    "locks" in navigator
      ? { request: async (name, run) => await navigator.locks.request(name, run) }
      : null,
  hints: storage(),
});
