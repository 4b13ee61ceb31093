/** Says so while the browser has no network; what is shown is then as old as it is. */

import { useSyncExternalStore } from "react";

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
  return (
    <div role="status">
      {isOnline || (
        <p className="border-b bg-warn-soft px-4 py-2 text-center text-sm text-warn">
          You are offline. What you see may be out of date; it is fetched again when you are back.
        </p>
      )}
    </div>
  );
}
