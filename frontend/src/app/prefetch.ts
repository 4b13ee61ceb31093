/** What the first page will ask, asked while it is still being found out who looks at it. */

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
