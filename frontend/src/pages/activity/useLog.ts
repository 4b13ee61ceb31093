/** The log that is looked at: one's own, or everybody's; and who the accounts in it are. */

import { useMemo } from "react";
import { useListing } from "~/services/listing";
import type { Entry } from "./Entry";
import { type Filters, queryOf } from "./filters";

const REFRESHED_MS = 15_000;
const NAMES_MAX = 1_000;
const NAMES_STALE = { query: { limit: NAMES_MAX } };

export function useLog(filters: Filters) {
  const { isWhole } = filters;
  const options = { refetchInterval: REFRESHED_MS };
  const { action, ...others } = queryOf(filters);
  const own = useListing(
    "/api/v1/activity",
    { query: { action } },
    { ...options, enabled: !isWhole },
  );
  const whole = useListing(
    "/api/v1/admin/audit-logs",
    { query: { action, ...others } },
    { ...options, enabled: isWhole },
  );
  const log = isWhole ? whole : own;
  return { ...log, rows: log.rows as readonly Entry[] };
}

/** What the accounts are called, for administrators alone. */
export function useNames(isWanted: boolean): ReadonlyMap<string, string> {
  const { rows } = useListing("/api/v1/admin/users", NAMES_STALE, { enabled: isWanted });
  return useMemo(() => new Map(rows.map(({ id, username }) => [id, username])), [rows]);
}
