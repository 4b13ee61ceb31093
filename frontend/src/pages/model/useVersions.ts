import { useEffect } from "react";
import { useListing } from "~/services/listing";

/** All versions of a model, oldest first. Where they are large they come in parts. */
export function useVersions(modelId: string) {
  const listing = useListing("/api/v1/models/{model_id}/versions", { path: { model_id: modelId } });
  const { rows, isPending, error, refetch, hasMore, isLoadingMore, loadMore } = listing;
  const isIncomplete = hasMore && error === null;
  useEffect(() => {
    if (isIncomplete && !isLoadingMore) loadMore();
  });
  return { versions: rows, isPending: isPending || isIncomplete, error, refetch };
}
