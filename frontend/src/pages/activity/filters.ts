/** What is wanted of the log: in the address, and as the server is asked. */

import { TOPICS } from "~/services/words";

export interface Filters {
  /** Everybody's, which only administrators may see. */
  isWhole: boolean;
  action: string;
  /** The ids of who did it and of what it was done to; of the whole log alone. */
  user: string;
  stream: string;
  /** Days in the reader's zone, both included: 2031-03-03. Of the whole log alone. */
  from: string;
  to: string;
}

export type FilterName = Exclude<keyof Filters, "isWhole">;

const DAY = /^\d{4}-\d{2}-\d{2}$/;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Read an address. What could not have been chosen counts as not chosen. */
export function filtersOf(search: URLSearchParams, isAdmin: boolean): Filters {
  const isWhole = isAdmin && search.get("log") === "all";
  const given = (name: FilterName, fits: (value: string) => boolean): string => {
    const value = search.get(name) ?? "";
    return fits(value) ? value : "";
  };
  const givenOfAll: typeof given = (name, fits) => (isWhole ? given(name, fits) : "");
  return {
    isWhole,
    action: given("action", (action) => TOPICS.includes(action)),
    user: givenOfAll("user", (id) => UUID.test(id)),
    stream: givenOfAll("stream", (id) => UUID.test(id)),
    from: givenOfAll("from", isDay),
    to: givenOfAll("to", isDay),
  };
}

export const isFiltered = ({ isWhole: _, ...filters }: Filters): boolean =>
  Object.values(filters).some(Boolean);

/** The address with one filter more, or less. */
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

export const queryOf = ({ action, user, stream, from, to }: Filters): Record<string, string> => ({
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
