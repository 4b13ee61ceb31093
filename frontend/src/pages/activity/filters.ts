/** The filters of the activity log, in the URL and as API query. */

import { TOPICS } from "~/services/events/eventText";

export interface Filters {
  /** Everybody's activity, for administrators only. */
  isFullLog: boolean;
  action: string;
  /** Ids of the actor and of the stream; only for the full log. */
  user: string;
  stream: string;
  /** Inclusive days in the local time zone, such as 2031-03-03; only for the full log. */
  from: string;
  to: string;
}

export type FilterName = Exclude<keyof Filters, "isFullLog">;

const DAY = /^\d{4}-\d{2}-\d{2}$/;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Read the filters from the URL, ignoring invalid values. */
export function readFilters(search: URLSearchParams, isAdmin: boolean): Filters {
  const isFullLog = isAdmin && search.get("log") === "all";
  const read = (name: FilterName, isValid: (value: string) => boolean): string => {
    const value = search.get(name) ?? "";
    return isValid(value) ? value : "";
  };
  const readIfFullLog: typeof read = (name, isValid) => (isFullLog ? read(name, isValid) : "");
  return {
    isFullLog,
    action: read("action", (action) => TOPICS.includes(action)),
    user: readIfFullLog("user", (id) => UUID.test(id)),
    stream: readIfFullLog("stream", (id) => UUID.test(id)),
    from: readIfFullLog("from", isDay),
    to: readIfFullLog("to", isDay),
  };
}

export const isFiltered = ({ isFullLog: _, ...filters }: Filters): boolean =>
  Object.values(filters).some(Boolean);

/** The URL with one filter set, or removed if the value is empty. */
export function withFilter(
  search: URLSearchParams,
  name: FilterName | "log",
  value: string,
): URLSearchParams {
  const next = new URLSearchParams(search);
  if (value === "") next.delete(name);
  else next.set(name, value);
  return next;
}

export const toQuery = ({ action, user, stream, from, to }: Filters): Record<string, string> => ({
  action,
  user_id: user,
  stream_id: stream,
  since: from && midnight(from, 0),
  until: to && midnight(to, 1),
});

const isDay = (text: string): boolean =>
  DAY.test(text) && !Number.isNaN(new Date(`${text}T00:00`).getTime());

function midnight(day: string, daysLater: number): string {
  const time = new Date(`${day}T00:00`);
  time.setDate(time.getDate() + daysLater);
  return time.toISOString();
}
