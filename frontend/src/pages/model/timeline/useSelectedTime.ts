/** The selected time: immediately in state, a little later in the URL. */

import { useCallback, useEffect, useRef, useState } from "react";
import { useSearchParams } from "react-router";
import { useChangeQuery } from "~/services/urlQuery";

const TIME_PARAM = "at";
/** Browsers limit how often the URL may change. */
const URL_UPDATE_DELAY_MS = 200;

/** Null for now; times are ISO 8601. */
export function useSelectedTime(): [string | null, (at: string | null) => void] {
  const [search] = useSearchParams();
  const changeQuery = useChangeQuery();
  const urlTime = validTime(search.get(TIME_PARAM));
  const [at, setAt] = useState(urlTime);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => {
    setAt(urlTime);
    return () => clearTimeout(timer.current);
  }, [urlTime]);
  const select = useCallback(
    (next: string | null) => {
      setAt(next);
      clearTimeout(timer.current);
      timer.current = setTimeout(() => {
        changeQuery((query) => withTime(query, next), { preventScrollReset: true });
      }, URL_UPDATE_DELAY_MS);
    },
    [changeQuery],
  );
  return [at, select];
}

const validTime = (at: string | null): string | null =>
  at === null || Number.isNaN(Date.parse(at)) ? null : at;

function withTime(search: URLSearchParams, at: string | null): URLSearchParams {
  const next = new URLSearchParams(search);
  if (at === null) next.delete(TIME_PARAM);
  else next.set(TIME_PARAM, at);
  return next;
}
