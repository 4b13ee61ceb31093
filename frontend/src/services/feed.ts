/**
 * What happens, as it happens: one connection for all pages of a tab.
 *
 * It is open while somebody listens and the tab is looked at, since a browser opens six connections
 * to a server and no more. A connection needs a ticket that is good once, so that each one is opened
 * by us and none by the browser's own retry; it resumes behind the last event that was seen.
 */

export interface Figures {
  at: string;
  predictions_per_second: number | null;
  rows_per_second: number | null;
  failures_per_second: number | null;
  p50_ms: number | null;
  p95_ms: number | null;
  p99_ms: number | null;
}

export interface Happened {
  position: number;
  type: string;
  stream_id: string;
  version: number;
  at: string;
  actor_id: string | null;
  model_id: string | null;
  model_name: string | null;
  version_number: number | null;
  status: "success" | "error" | null;
  latency_ms: number | null;
  rows: number | null;
  reason: string | null;
}

export interface FeedState {
  /**
   * `live`: the first figures have come, and all that happens from there on is heard.
   * `waiting`: the connection was lost and will be tried again.
   */
  status: "off" | "connecting" | "live" | "waiting";
  /** The last two minutes, oldest first. */
  figures: readonly Figures[];
  /** The newest first. */
  happened: readonly Happened[];
  /** How many events were too many to be told of. */
  skipped: number;
}

export interface FeedSurroundings {
  ticket: () => Promise<string>;
  open: (address: string) => EventSource;
  isHidden: () => boolean;
}

/** One a second. */
export const FIGURES_MAX = 120;
const HAPPENED_MAX = 200;
const WAIT_MS_MAX = 30_000;
const HIDDEN_CLOSE_MS = 20_000;
/** Of a burst, a page is told once for all that came in this time. */
const TELL_MS = 100;
const NOTHING: FeedState = { status: "off", figures: [], happened: [], skipped: 0 };

export class Feed {
  private state = NOTHING;
  private source: EventSource | null = null;
  private lastId = "";
  private failures = 0;
  /** Grows with each opening and closing, so that a late ticket opens nothing. */
  private round = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private hiding: ReturnType<typeof setTimeout> | undefined;
  private telling: ReturnType<typeof setTimeout> | undefined;
  private readonly listeners = new Set<() => void>();

  constructor(private readonly around: FeedSurroundings) {}

  snapshot = (): FeedState => this.state;

  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    if (this.listeners.size === 1 && !this.around.isHidden()) void this.connect();
    return () => {
      this.listeners.delete(listener);
      if (this.listeners.size === 0) this.close("off");
    };
  };

  /** Called when the tab is left or looked at again. */
  visibilityChanged = (): void => {
    clearTimeout(this.hiding);
    if (this.listeners.size === 0) return;
    if (this.around.isHidden()) this.hiding = setTimeout(() => this.close("off"), HIDDEN_CLOSE_MS);
    else if (this.state.status === "off" || this.state.status === "waiting") void this.connect();
  };

  /** Forget everything: somebody else may sign in. */
  clear(): void {
    this.close("off");
    this.lastId = "";
    this.become(NOTHING);
  }

  private async connect(): Promise<void> {
    this.close("connecting");
    const round = this.round;
    try {
      const ticket = await this.around.ticket();
      if (round === this.round) this.listen(ticket);
    } catch {
      if (round === this.round) this.retry();
    }
  }

  private listen(ticket: string): void {
    const query = new URLSearchParams({ ticket });
    if (this.lastId !== "") query.set("last_event_id", this.lastId);
    const source = this.around.open(`/api/v1/feed?${query}`);
    this.source = source;
    source.onopen = () => {
      this.failures = 0;
    };
    source.onerror = () => this.retry();
    source.addEventListener("figures", ({ data }: MessageEvent<string>) => {
      const figures = [...this.state.figures, JSON.parse(data)].slice(-FIGURES_MAX);
      this.become({ status: "live", figures });
    });
    source.addEventListener("happened", (event: MessageEvent<string>) => {
      if (event.lastEventId !== "") this.lastId = event.lastEventId;
      this.add(JSON.parse(event.data));
    });
    source.addEventListener("skipped", ({ data }: MessageEvent<string>) => {
      this.become({ skipped: this.state.skipped + JSON.parse(data).count });
    });
  }

  private add(event: Happened): void {
    const known = this.state.happened;
    if (known.some(({ position }) => position === event.position)) return;
    this.become({ happened: [event, ...known].slice(0, HAPPENED_MAX) });
  }

  private retry(): void {
    this.close("waiting");
    const wait = Math.min(WAIT_MS_MAX, 1000 * 2 ** this.failures) * (0.75 + Math.random() / 4);
    this.failures += 1;
    this.timer = setTimeout(() => void this.connect(), wait);
  }

  private close(status: FeedState["status"]): void {
    this.round += 1;
    clearTimeout(this.timer);
    this.source?.close();
    this.source = null;
    this.become({ status });
  }

  private become(change: Partial<FeedState>): void {
    this.state = { ...this.state, ...change };
    this.telling ??= setTimeout(() => {
      this.telling = undefined;
      for (const listener of this.listeners) listener();
    }, TELL_MS);
  }
}
