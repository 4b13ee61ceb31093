import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Feed } from "./feed";

/** A fake EventSource. */
class Source extends EventTarget {
  onopen: (() => void) | null = null;
  onerror: (() => void) | null = null;
  isClosed = false;
  constructor(readonly address: URL) {
    super();
  }
  close = () => {
    this.isClosed = true;
  };
  send(type: string, data: object, lastEventId = "") {
    this.dispatchEvent(new MessageEvent(type, { data: JSON.stringify(data), lastEventId }));
  }
}

let sources: Source[];
let tickets: number;
let isHidden: boolean;
let isDown: boolean;
let feed: Feed;

const latest = (): Source => sources[sources.length - 1] as Source;
const after = (ms: number) => vi.advanceTimersByTimeAsync(ms);

beforeEach(() => {
  vi.useFakeTimers();
  [sources, tickets, isHidden, isDown] = [[], 0, false, false];
  feed = new Feed({
    ticket: async () => {
      if (isDown) throw new Error("unreachable");
      tickets += 1;
      return `ticket ${tickets}`;
    },
    open: (address) => {
      sources.push(new Source(new URL(address, "http://here")));
      return latest() as unknown as EventSource;
    },
    isHidden: () => isHidden,
  });
});
afterEach(() => vi.useRealTimers());

test("subscribers share a connection, which closes with the last of them", async () => {
  const leave = [feed.subscribe(() => {}), feed.subscribe(() => {})];
  await after(0);
  expect(sources).toHaveLength(1);
  latest().onopen?.();
  expect(feed.snapshot().status).toBe("connecting");
  latest().send("figures", { predictions_per_second: 0 });
  expect(feed.snapshot().status).toBe("live");
  for (const each of leave) each();
  expect(latest().isClosed).toBe(true);
  expect(feed.snapshot().status).toBe("off");
});

test("a lost connection is resumed after the last event with a new ticket", async () => {
  feed.subscribe(() => {});
  await after(0);
  latest().send("happened", { position: 41 }, "41");
  latest().onerror?.();
  expect(feed.snapshot().status).toBe("waiting");
  await after(1_100);
  expect(sources).toHaveLength(2);
  expect(latest().address.searchParams.get("last_event_id")).toBe("41");
  expect(latest().address.searchParams.get("ticket")).toBe("ticket 2");
});

test("duplicate events are dropped and the newest event is first", async () => {
  feed.subscribe(() => {});
  await after(0);
  for (const position of [1, 2, 2]) latest().send("happened", { position }, String(position));
  expect(feed.snapshot().events.map(({ position }) => position)).toEqual([2, 1]);
  latest().send("skipped", { count: 7 });
  expect(feed.snapshot().skipped).toBe(7);
});

test("retries back off, and start over after a connection", async () => {
  isDown = true;
  const listener = vi.fn();
  feed.subscribe(listener);
  await after(120_000);
  expect(tickets).toBe(0);
  isDown = false;
  await after(30_000);
  expect(tickets).toBe(1);
  latest().onopen?.();
  latest().onerror?.();
  await after(1_100);
  expect(tickets).toBe(2);
});

test("a hidden tab closes its connection until it is shown again", async () => {
  feed.subscribe(() => {});
  await after(0);
  isHidden = true;
  feed.visibilityChanged();
  await after(19_000);
  expect(latest().isClosed).toBe(false);
  await after(2_000);
  expect(latest().isClosed).toBe(true);
  isHidden = false;
  feed.visibilityChanged();
  await after(0);
  expect(sources).toHaveLength(2);
});

test("all data is cleared for the next user", async () => {
  feed.subscribe(() => {});
  await after(0);
  latest().send("happened", { position: 5 }, "5");
  feed.clear();
  expect(feed.snapshot().events).toEqual([]);
});
