/** The user's own activity or the full log, and the usernames in it. */

import { useMemo } from "react";
import { usePagedList } from "~/services/api/pagedList";
import type { ActivityEntry } from "./ActivityRow";
import { type Filters, toQuery } from "./filters";

const REFRESH_INTERVAL_MS = 15_000;
const USERS_MAX = 1_000;
const USERS_PARAMS = { query: { limit: USERS_MAX } };

export function useActivityLog(filters: Filters) {
  const { isFullLog } = filters;
  const options = { refetchInterval: REFRESH_INTERVAL_MS };
  const { action, ...others } = toQuery(filters);
  const own = usePagedList(
    "/api/v1/activity",
    { query: { action } },
    { ...options, enabled: !isFullLog },
  );
  const all = usePagedList(
    "/api/v1/admin/audit-logs",
    { query: { action, ...others } },
    { ...options, enabled: isFullLog },
  );
  const log = isFullLog ? all : own;
  return { ...log, rows: log.rows as readonly ActivityEntry[] };
}

/** Usernames by account id; for administrators only. */
export function useUserNames(isEnabled: boolean): ReadonlyMap<string, string> {
  const { rows } = usePagedList("/api/v1/admin/users", USERS_PARAMS, { enabled: isEnabled });
  return useMemo(() => new Map(rows.map(({ id, username }) => [id, username])), [rows]);
}
