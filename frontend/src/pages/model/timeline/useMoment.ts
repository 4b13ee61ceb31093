/** Which moment of a model's life is looked at: at once in the page, a little later in its address. */

import { useCallback, useEffect, useRef, useState } from "react";
import { useSearchParams } from "react-router";

const AT = "at";
/** Browsers allow an address to be changed only so often. */
const SETTLED_MS = 200;

/** Null is now; times are ISO 8601. */
export function useMoment(): [string | null, (at: string | null) => void] {
  const [search, setSearch] = useSearchParams();
  const told = valid(search.get(AT));
  const [at, setAt] = useState(told);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => {
    setAt(told);
    return () => clearTimeout(timer.current);
  }, [told]);
  const move = useCallback(
    (next: string | null) => {
      setAt(next);
      clearTimeout(timer.current);
      timer.current = setTimeout(() => {
        setSearch((before) => moved(before, next), { replace: true, preventScrollReset: true });
      }, SETTLED_MS);
    },
    [setSearch],
  );
  return [at, move];
}

const valid = (at: string | null): string | null =>
  at === null || Number.isNaN(Date.parse(at)) ? null : at;

function moved(search: URLSearchParams, at: string | null): URLSearchParams {
  const next = new URLSearchParams(search);
  if (at === null) next.delete(AT);
  else next.set(AT, at);
  return next;
}
