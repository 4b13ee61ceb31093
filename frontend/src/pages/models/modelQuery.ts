/** Filters and order of the model list, as kept in the URL. */

export type Sort = "created_at" | "updated_at" | "name" | "usage_count";
export type Order = "asc" | "desc";
export type State = "active" | "inactive" | "quarantined";

export interface ModelQuery {
  search: string;
  state: State | null;
  sort: Sort;
  order: Order;
}

/** The sort options with their default order. */
export const SORTS: readonly { id: Sort; label: string; order: Order }[] = [
  { id: "created_at", label: "Newest", order: "desc" },
  { id: "updated_at", label: "Changed last", order: "desc" },
  { id: "usage_count", label: "Called most", order: "desc" },
  { id: "name", label: "Name", order: "asc" },
];
export const STATES: readonly { id: State; label: string }[] = [
  { id: "active", label: "Active" },
  { id: "inactive", label: "Inactive" },
  { id: "quarantined", label: "Quarantined" },
];

export function readModelQuery(search: URLSearchParams): ModelQuery {
  const sort = SORTS.find(({ id }) => id === search.get("sort")) ?? SORTS[0];
  const order = search.get("order");
  return {
    search: search.get("search") ?? "",
    state: STATES.find(({ id }) => id === search.get("state"))?.id ?? null,
    sort: sort?.id ?? "created_at",
    order: order === "asc" || order === "desc" ? order : (sort?.order ?? "desc"),
  };
}

/** The URL of a query; default values are omitted. */
export function withModelQuery(
  before: URLSearchParams,
  change: Partial<ModelQuery>,
): URLSearchParams {
  const query = { ...readModelQuery(before), ...change };
  const next = new URLSearchParams(before);
  const put = (name: string, value: string, isDefault: boolean) =>
    isDefault ? next.delete(name) : next.set(name, value);
  put("search", query.search, query.search === "");
  put("state", query.state ?? "", query.state === null);
  put("sort", query.sort, query.sort === "created_at");
  put("order", query.order, query.order === defaultOrder(query.sort));
  return next;
}

const defaultOrder = (sort: Sort): Order => SORTS.find(({ id }) => id === sort)?.order ?? "desc";

/** The order after a click on a heading: its default, or reversed if it is sorted by it already. */
export function toggleSort(
  query: Pick<ModelQuery, "sort" | "order">,
  sort: Sort,
): Pick<ModelQuery, "sort" | "order"> {
  if (query.sort !== sort) return { sort, order: defaultOrder(sort) };
  return { sort, order: query.order === "asc" ? "desc" : "asc" };
}

/** The API's query parameters. */
export const toApiQuery = ({ search, state, sort, order }: ModelQuery) => ({
  search: search.trim(),
  is_active: state === "active" ? true : state === "inactive" ? false : null,
  is_quarantined: state === "quarantined" ? true : null,
  sort,
  order,
});

export const isFiltered = ({ search, state }: ModelQuery): boolean =>
  search.trim() !== "" || state !== null;
