/** The model as it was after one of its events. What was, stays: it is asked for once. */

import { keepPreviousData, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { api } from "~/services/api";
import { isGoneAfter, type ModelEvent } from "./events";

const NEIGHBOURS = [1, -1, 2, -2];
const KEPT_MS = 30 * 60_000;

export function useFormer(modelId: string, events: readonly ModelEvent[], index: number) {
  const queries = useQueryClient();
  const event = events[index];
  const isThere = event !== undefined && !isGoneAfter(events, index);
  const query = useQuery({
    ...asOf(modelId, event?.recorded_at ?? ""),
    enabled: isThere,
    placeholderData: keepPreviousData,
  });
  const isKnown = query.isSuccess && !query.isPlaceholderData;
  useEffect(() => {
    if (isThere && !isKnown) return;
    for (const step of NEIGHBOURS) {
      const neighbour = events[index + step];
      if (neighbour === undefined || isGoneAfter(events, index + step)) continue;
      void queries.prefetchQuery(asOf(modelId, neighbour.recorded_at));
    }
  }, [queries, modelId, events, index, isThere, isKnown]);
  return { ...query, isThere };
}

const asOf = (modelId: string, time: string) => ({
  ...api.queryOptions("get", "/api/v1/models/{model_id}", {
    params: { path: { model_id: modelId }, query: { as_of: time } },
  }),
  staleTime: Number.POSITIVE_INFINITY,
  gcTime: KEPT_MS,
});
