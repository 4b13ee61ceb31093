/** Warns while the browser is offline or the server does not respond. */

import { useSyncExternalStore } from "react";
import { reachability } from "~/services/api/client";

function subscribe(changed: () => void): () => void {
  addEventListener("online", changed);
  addEventListener("offline", changed);
  return () => {
    removeEventListener("online", changed);
    removeEventListener("offline", changed);
  };
}

export function OfflineBanner() {
  const isOnline = useSyncExternalStore(subscribe, () => navigator.onLine);
  const isReachable = useSyncExternalStore(reachability.subscribe, () => reachability.isReachable);
  return (
    <div role="status">
      {(isOnline && isReachable) || (
        <p className="border-b bg-warn-soft px-4 py-2 text-center text-sm text-warn">
          {isOnline
            ? "The server does not respond. What you see may be out of date; it is fetched again once it does."
            : "You are offline. What you see may be out of date; it is fetched again when you are back."}
        </p>
      )}
    </div>
  );
}
