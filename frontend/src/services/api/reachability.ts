/**
 * Whether the server answers, told by the calls that are made anyway.
 *
 * While it does not, it is asked until it does; then whoever listens can fetch anew what they show.
 */

const ASK_MS = 2_000;

export class Reach {
  private isThere = true;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private readonly listeners = new Set<() => void>();

  /** `ask` says whether the server answers by now. */
  constructor(private readonly ask: () => Promise<boolean>) {}

  get isReachable(): boolean {
    return this.isThere;
  }

  /** For `useSyncExternalStore`. */
  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  /** A call was answered. */
  found(): void {
    clearTimeout(this.timer);
    this.become(true);
  }

  /** A call was not. */
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
    }, ASK_MS);
  }

  private become(isThere: boolean): void {
    if (this.isThere === isThere) return;
    this.isThere = isThere;
    for (const listener of this.listeners) listener();
  }
}
