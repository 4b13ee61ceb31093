/** Which calls are looked at: in the address of the page, in the form, and as the API is asked. */

import { localTime, timeOfLocal } from "~/services/moments";

export const FILTERS = ["status", "version", "from", "until", "min_ms", "max_ms"] as const;

/** As the address has them; what is not asked for is empty. Times are ISO 8601. */
export type Filters = Readonly<Record<(typeof FILTERS)[number], string>>;

export const filtersIn = (search: URLSearchParams): Filters =>
  Object.fromEntries(FILTERS.map((name) => [name, valid(name, search.get(name) ?? "")])) as Filters;

/** The address with one filter changed, and all else left as it is. */
export function withFilter(
  search: URLSearchParams,
  name: keyof Filters,
  value: string,
): URLSearchParams {
  const next = new URLSearchParams(search);
  const told = valid(name, value);
  if (told === "") next.delete(name);
  else next.set(name, told);
  return next;
}

export function withoutFilters(search: URLSearchParams): URLSearchParams {
  const next = new URLSearchParams(search);
  for (const name of FILTERS) next.delete(name);
  return next;
}

export const isFiltered = (filters: Filters): boolean =>
  FILTERS.some((name) => filters[name] !== "");

/** In the API's words. */
export const queryOf = ({ from, ...others }: Filters): Record<string, string> => ({
  ...others,
  since: from,
});

/** What a field for a time shows of one, and the other way round. */
export const textOf = (name: keyof Filters, value: string): string =>
  isTime(name) ? localTime(value) : value;
export const readFrom = (name: keyof Filters, field: string): string =>
  isTime(name) ? timeOfLocal(field) : field;

const isTime = (name: keyof Filters): boolean => name === "from" || name === "until";

/** An address may have been written by hand: what the API would not take is left out. */
function valid(name: keyof Filters, value: string): string {
  if (value === "" || isTime(name)) return Number.isNaN(Date.parse(value)) ? "" : value;
  if (name === "status") return value === "success" || value === "error" ? value : "";
  const number = Number(value);
  const isFine = name === "version" ? Number.isInteger(number) && number > 0 : number >= 0;
  return isFine ? value : "";
}
