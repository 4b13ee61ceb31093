/**
 * Whether the server responds, as seen by regular requests.
 *
 * While it does not, it is polled. Subscribers can refetch their data once it is back.
 */

const POLL_INTERVAL_MS = 2_000;

export class Reach {
  private reachable = true;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private readonly listeners = new Set<() => void>();

  /** `check` resolves to whether the server responds. */
  constructor(private readonly check: () => Promise<boolean>) {}

  get isReachable(): boolean {
    return this.reachable;
  }

  /** For `useSyncExternalStore`. */
  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  /** A response was received. */
  markReachable(): void {
    clearTimeout(this.timer);
    this.setReachable(true);
  }

  /** A request failed without a response. */
  markUnreachable(): void {
    if (!this.reachable) return;
    this.setReachable(false);
    this.scheduleCheck();
  }

  private scheduleCheck(): void {
    this.timer = setTimeout(async () => {
      const isBack = await this.check().catch(() => false);
      if (this.reachable) return;
      if (isBack) this.markReachable();
      else this.scheduleCheck();
    }, POLL_INTERVAL_MS);
  }

  private setReachable(reachable: boolean): void {
    if (this.reachable === reachable) return;
    this.reachable = reachable;
    for (const listener of this.listeners) listener();
  }
}
