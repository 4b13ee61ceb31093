/** Paged lists, following the `Link` and `X-Total-Count` headers. */

import { type InfiniteData, useInfiniteQuery } from "@tanstack/react-query";
import { queryClient, refetchIfStale, send } from "./client";
import { toApiError } from "./errors";
import type { paths } from "./generated/schema";

type Rows<P extends keyof paths> = paths[P] extends {
  get: { responses: { 200: { content: { "application/json": infer R extends unknown[] } } } };
}
  ? R
  : never;

/** Paths that return an array. */
export type ListPath = { [P in keyof paths]: Rows<P> extends never ? never : P }[keyof paths];
export type RowOf<P extends ListPath> = Rows<P>[number];

type Value = string | number | boolean | null | undefined;
export interface ListParams {
  path?: Record<string, string | number>;
  query?: Record<string, Value>;
}

export interface ListOptions {
  enabled?: boolean;
  refetchInterval?: number | false;
  /** False for rows that must not move while they are read. */
  refetchOnWindowFocus?: boolean;
  refetchOnReconnect?: boolean;
}

interface Page<Row> {
  rows: Row[];
  total: number | null;
  next: string | null;
}

/** All pages loaded so far, as one list. */
export function usePagedList<P extends ListPath>(
  path: P,
  params: ListParams = {},
  options: ListOptions = {},
) {
  const query = useInfiniteQuery({
    queryKey: ["get", path, params],
    queryFn: ({ pageParam, signal }) => fetchPage<P>(path, pageParam, signal),
    initialPageParam: buildPath(path, params),
    getNextPageParam: (page: Page<RowOf<P>>) => page.next,
    placeholderData: (before: InfiniteData<Page<RowOf<P>>, string> | undefined) => before,
    ...options,
  });
  return {
    rows: query.data?.pages.flatMap((page) => page.rows) ?? [],
    total: query.data?.pages[0]?.total ?? null,
    isPending: query.isPending,
    /** Whether the rows belong to the previous query. */
    isStale: query.isPlaceholderData,
    error: query.error === null ? null : toApiError(query.error),
    refetch: query.refetch,
    hasMore: query.hasNextPage,
    isLoadingMore: query.isFetchingNextPage,
    loadMore: () => void query.fetchNextPage(),
  };
}

/** Remove a row from cached lists before the server has confirmed its deletion. */
export function removeRow<P extends ListPath>(path: P, matches: (row: RowOf<P>) => boolean): void {
  queryClient.setQueriesData<Partial<InfiniteData<Page<RowOf<P>>, string>>>(
    { predicate: ({ queryKey }) => queryKey[1] === path },
    (data) =>
      data?.pages && {
        ...data,
        pages: data.pages.map((page) => {
          const rows = page.rows.filter((row) => !matches(row));
          const removed = page.rows.length - rows.length;
          return { ...page, rows, total: page.total && page.total - removed };
        }),
      },
  );
}

/** A path with its parameters and query filled in. */
export function buildPath(path: string, { path: pathParams = {}, query = {} }: ListParams): string {
  const pathname = path.replace(/\{(\w+)\}/g, (_, name: string) =>
    encodeURIComponent(String(pathParams[name])),
  );
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined && value !== null && value !== "") search.set(name, String(value));
  }
  return search.size > 0 ? `${pathname}?${search}` : pathname;
}

/** The path of the next page. The host of the link is ignored, as a proxy may have set it. */
export function nextPagePath(link: string | null): string | null {
  const match = link?.match(/<([^>]+)>;\s*rel="?next"?/);
  if (!match?.[1]) return null;
  const url = new URL(match[1], "http://here");
  return url.pathname + url.search;
}

async function fetchPage<P extends ListPath>(
  path: P,
  address: string,
  signal: AbortSignal,
): Promise<Page<RowOf<P>>> {
  const response = await send(new URL(address, location.origin).href, { signal });
  refetchIfStale(response, path);
  const total = response.headers.get("X-Total-Count");
  return {
    rows: (await response.json()) as RowOf<P>[],
    total: total === null ? null : Number(total),
    next: nextPagePath(response.headers.get("Link")),
  };
}
