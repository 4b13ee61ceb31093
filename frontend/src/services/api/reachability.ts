/**
 * Whether the server responds, as seen by regular requests.
 *
 * While it does not, it is polled. Subscribers can refetch their data once it is back.
 */

const POLL_INTERVAL_MS = 2_000;

export class Reach {
  private isThere = true;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private readonly listeners = new Set<() => void>();

  /** `check` resolves to whether the server responds. */
  constructor(private readonly ask: () => Promise<boolean>) {}

  get isReachable(): boolean {
    return this.isThere;
  }

  /** For `useSyncExternalStore`. */
  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  /** A request was answered. */
  found(): void {
    clearTimeout(this.timer);
    this.become(true);
  }

  /** A request failed without a response. */
  lost(): void {
    if (!this.isThere) return;
    this.become(false);
    this.askLater();
  }

  private askLater(): void {
    this.timer = setTimeout(async () => {
      const isBack = await this.ask().catch(() => false);
      if (this.isThere) return;
      if (isBack) this.found();
      else this.askLater();
    }, POLL_INTERVAL_MS);
  }

  private become(isThere: boolean): void {
    if (this.isThere === isThere) return;
    this.isThere = isThere;
    for (const listener of this.listeners) listener();
  }
}
