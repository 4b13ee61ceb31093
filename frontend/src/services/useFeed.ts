/** The feed of this tab, as a hook. */

import { useSyncExternalStore } from "react";
import { reach, send, session } from "./api";
import { Feed, type FeedState } from "./feed";

const feed = new Feed({
  ticket: async () => {
    const response = await send(`${location.origin}/api/v1/feed/ticket`, { method: "POST" });
    return ((await response.json()) as { ticket: string }).ticket;
  },
  open: (address) => new EventSource(address),
  isHidden: () => document.hidden,
});

document.addEventListener("visibilitychange", feed.visibilityChanged);
reach.subscribe(() => reach.isReachable && feed.visibilityChanged());
session.subscribe(() => session.status === "out" && feed.clear());

export const useFeed = (): FeedState => useSyncExternalStore(feed.subscribe, feed.snapshot);
