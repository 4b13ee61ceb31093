/** The model as it was after an event. The past does not change, so it is cached without expiry. */

import { keepPreviousData, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { api } from "~/services/api/client";
import { isDeletedAfter, type ModelEvent } from "./events";

const PREFETCHED_STEPS = [1, -1, 2, -2];
const CACHE_MS = 30 * 60_000;

export function usePastModel(modelId: string, events: readonly ModelEvent[], index: number) {
  const queries = useQueryClient();
  const event = events[index];
  const exists = event !== undefined && !isDeletedAfter(events, index);
  const query = useQuery({
    ...modelAsOf(modelId, event?.recorded_at ?? ""),
    enabled: exists,
    placeholderData: keepPreviousData,
  });
  const isLoaded = query.isSuccess && !query.isPlaceholderData;
  useEffect(() => {
    if (exists && !isLoaded) return;
    for (const step of PREFETCHED_STEPS) {
      const neighbour = events[index + step];
      if (neighbour === undefined || isDeletedAfter(events, index + step)) continue;
      void queries.prefetchQuery(modelAsOf(modelId, neighbour.recorded_at));
    }
  }, [queries, modelId, events, index, exists, isLoaded]);
  return { ...query, exists };
}

const modelAsOf = (modelId: string, time: string) => ({
  ...api.queryOptions("get", "/api/v1/models/{model_id}", {
    params: { path: { model_id: modelId }, query: { as_of: time } },
  }),
  staleTime: Number.POSITIVE_INFINITY,
  gcTime: CACHE_MS,
});
