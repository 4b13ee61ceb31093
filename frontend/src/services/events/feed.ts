/**
 * The live feed: one connection per tab, shared by all components.
 *
 * It is open only while there are subscribers and the tab is visible, as browsers allow six
 * connections per server. Each connection needs a single-use ticket, so reconnecting is done here
 * and not by the browser. It resumes after the last event that was received.
 */

import type { Schemas } from "../api/client";

export type FeedMetrics = Schemas["FeedFigures"];
export type FeedEvent = Schemas["FeedEvent"];

export interface FeedState {
  /**
   * `live`: the first metrics have arrived, so events are being received.
   * `waiting`: the connection was lost and will be retried.
   */
  status: "off" | "connecting" | "live" | "waiting";
  /** The last two minutes, oldest first. */
  metrics: readonly FeedMetrics[];
  /** Newest first. */
  events: readonly FeedEvent[];
  /** The number of events that the server left out. */
  skipped: number;
}

export interface FeedDependencies {
  ticket: () => Promise<string>;
  open: (address: string) => EventSource;
  isHidden: () => boolean;
}

/** One per second. */
export const METRICS_MAX = 120;
const EVENTS_MAX = 200;
const RETRY_DELAY_MS_MAX = 30_000;
const HIDDEN_TIMEOUT_MS = 20_000;
/** Subscribers are notified at most once in this time. */
const NOTIFY_INTERVAL_MS = 100;
const INITIAL_STATE: FeedState = { status: "off", metrics: [], events: [], skipped: 0 };

export class Feed {
  private state = INITIAL_STATE;
  private source: EventSource | null = null;
  private lastEventId = "";
  private failures = 0;
  /** Increased by each connect and close, so that a late ticket is ignored. */
  private attempt = 0;
  private retryTimer: ReturnType<typeof setTimeout> | undefined;
  private hiddenTimer: ReturnType<typeof setTimeout> | undefined;
  private notifyTimer: ReturnType<typeof setTimeout> | undefined;
  private readonly listeners = new Set<() => void>();

  constructor(private readonly dependencies: FeedDependencies) {}

  snapshot = (): FeedState => this.state;

  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    if (this.listeners.size === 1 && !this.dependencies.isHidden()) void this.connect();
    return () => {
      this.listeners.delete(listener);
      if (this.listeners.size === 0) this.close("off");
    };
  };

  /** Called when the tab is hidden or shown. */
  visibilityChanged = (): void => {
    clearTimeout(this.hiddenTimer);
    if (this.listeners.size === 0) return;
    if (this.dependencies.isHidden())
      this.hiddenTimer = setTimeout(() => this.close("off"), HIDDEN_TIMEOUT_MS);
    else if (this.state.status === "off" || this.state.status === "waiting") void this.connect();
  };

  /** Forget all data, as another user may sign in. */
  clear(): void {
    this.close("off");
    this.lastEventId = "";
    this.update(INITIAL_STATE);
  }

  private async connect(): Promise<void> {
    this.close("connecting");
    const attempt = this.attempt;
    try {
      const ticket = await this.dependencies.ticket();
      if (attempt === this.attempt) this.listen(ticket);
    } catch {
      if (attempt === this.attempt) this.retry();
    }
  }

  private listen(ticket: string): void {
    const query = new URLSearchParams({ ticket });
    if (this.lastEventId !== "") query.set("last_event_id", this.lastEventId);
    const source = this.dependencies.open(`/api/v1/feed?${query}`);
    this.source = source;
    source.onopen = () => {
      this.failures = 0;
    };
    source.onerror = () => this.retry();
    source.addEventListener("figures", ({ data }: MessageEvent<string>) => {
      const metrics = [...this.state.metrics, JSON.parse(data)].slice(-METRICS_MAX);
      this.update({ status: "live", metrics });
    });
    source.addEventListener("happened", (event: MessageEvent<string>) => {
      if (event.lastEventId !== "") this.lastEventId = event.lastEventId;
      this.addEvent(JSON.parse(event.data));
    });
    source.addEventListener("skipped", ({ data }: MessageEvent<string>) => {
      this.update({ skipped: this.state.skipped + JSON.parse(data).count });
    });
  }

  private addEvent(event: FeedEvent): void {
    const events = this.state.events;
    if (events.some(({ position }) => position === event.position)) return;
    this.update({ events: [event, ...events].slice(0, EVENTS_MAX) });
  }

  private retry(): void {
    this.close("waiting");
    const delayMs =
      Math.min(RETRY_DELAY_MS_MAX, 1000 * 2 ** this.failures) * (0.75 + Math.random() / 4);
    this.failures += 1;
    this.retryTimer = setTimeout(() => void this.connect(), delayMs);
  }

  private close(status: FeedState["status"]): void {
    this.attempt += 1;
    clearTimeout(this.retryTimer);
    this.source?.close();
    this.source = null;
    this.update({ status });
  }

  private update(change: Partial<FeedState>): void {
    this.state = { ...this.state, ...change };
    this.notifyTimer ??= setTimeout(() => {
      this.notifyTimer = undefined;
      for (const listener of this.listeners) listener();
    }, NOTIFY_INTERVAL_MS);
  }
}
