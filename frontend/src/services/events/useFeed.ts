/** The live feed of this tab as a hook. */

import { useSyncExternalStore } from "react";
import { reachability, send, session } from "~/services/api/client";
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
reachability.subscribe(() => reachability.isReachable && feed.visibilityChanged());
session.subscribe(() => session.status === "out" && feed.clear());

export const useFeed = (): FeedState => useSyncExternalStore(feed.subscribe, feed.snapshot);
