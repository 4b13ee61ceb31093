/**
 * Requests the data of the first page as soon as the session is known, in parallel with its code.
 */

import { api, queryClient, session } from "~/services/api/client";

export function prefetchData(pathname: string): void {
  if (pathname !== "/") return;
  const stop = session.subscribe(() => {
    stop();
    if (session.status !== "in") return;
    void queryClient.prefetchQuery(api.queryOptions("get", "/api/v1/fleet", {}));
    const hour = { params: { query: { range: "1h" } } } as const;
    void queryClient.prefetchQuery(api.queryOptions("get", "/api/v1/metrics", hour));
  });
}
