/** The filters of the history: in the URL, in the form and as API query. */

import { fromLocalInput, toLocalInput } from "~/services/text/localTime";

export const FILTER_NAMES = ["status", "version", "from", "until", "min_ms", "max_ms"] as const;

/** Empty for no filter. Times are ISO 8601. */
export type Filters = Readonly<Record<(typeof FILTER_NAMES)[number], string>>;

export const readFilters = (search: URLSearchParams): Filters =>
  Object.fromEntries(
    FILTER_NAMES.map((name) => [name, validated(name, search.get(name) ?? "")]),
  ) as Filters;

/** The URL with one filter changed. */
export function withFilter(
  search: URLSearchParams,
  name: keyof Filters,
  value: string,
): URLSearchParams {
  const next = new URLSearchParams(search);
  const validValue = validated(name, value);
  if (validValue === "") next.delete(name);
  else next.set(name, validValue);
  return next;
}

export function withoutFilters(search: URLSearchParams): URLSearchParams {
  const next = new URLSearchParams(search);
  for (const name of FILTER_NAMES) next.delete(name);
  return next;
}

export const isFiltered = (filters: Filters): boolean =>
  FILTER_NAMES.some((name) => filters[name] !== "");

/** The API's query parameters. */
export const toQuery = ({ from, ...others }: Filters): Record<string, string> => ({
  ...others,
  since: from,
});

/** Convert a filter value to the text of its form field, and back. */
export const toField = (name: keyof Filters, value: string): string =>
  isTime(name) ? toLocalInput(value) : value;
export const fromField = (name: keyof Filters, field: string): string =>
  isTime(name) ? fromLocalInput(field) : field;

const isTime = (name: keyof Filters): boolean => name === "from" || name === "until";

/** The URL may have been edited: values that the API would reject are dropped. */
function validated(name: keyof Filters, value: string): string {
  if (value === "" || isTime(name)) return Number.isNaN(Date.parse(value)) ? "" : value;
  if (name === "status") return value === "success" || value === "error" ? value : "";
  const number = Number(value);
  const isValid = name === "version" ? Number.isInteger(number) && number > 0 : number >= 0;
  return isValid ? value : "";
}
