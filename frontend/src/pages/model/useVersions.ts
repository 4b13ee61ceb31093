import { useEffect } from "react";
import { useListing } from "~/services/listing";

const NONE: ReturnType<typeof useListing<"/api/v1/models/{model_id}/versions">>["rows"] = [];

/** All versions of a model, oldest first. Where they are large they come in parts. */
export function useVersions(modelId: string) {
  const listing = useListing("/api/v1/models/{model_id}/versions", { path: { model_id: modelId } });
  const { rows, isPending, isStale, error, refetch, hasMore, isLoadingMore, loadMore } = listing;
  const isIncomplete = hasMore && error === null;
  useEffect(() => {
    if (isIncomplete && !isLoadingMore) loadMore();
  });
  return {
    versions: isStale ? NONE : rows, // Those of another model are none of this one's.
    isPending: isPending || isStale || isIncomplete,
    error,
    refetch,
  };
}
