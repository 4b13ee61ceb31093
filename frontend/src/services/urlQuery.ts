/** Changes of the query in the URL. */

import { useCallback, useRef } from "react";
import { type NavigateOptions, useSearchParams } from "react-router";

type ChangeQuery = (
  change: (query: URLSearchParams) => URLSearchParams,
  options?: NavigateOptions,
) => void;

/**
 * A function, the same in every render, that replaces the query in the URL by a changed one. It reads the URL
 * itself: the router's query is updated with the next render, and of two changes before that, one would be lost.
 */
export function useChangeQuery(): ChangeQuery {
  const [, setQuery] = useSearchParams();
  const latest = useRef(setQuery);
  latest.current = setQuery;
  return useCallback((change, options) => {
    const query = change(new URLSearchParams(window.location.search));
    latest.current(query, { replace: true, ...options });
  }, []);
}
