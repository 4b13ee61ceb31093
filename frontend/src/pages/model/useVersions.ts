import { useEffect } from "react";
import { usePagedList } from "~/services/api/pagedList";

const NO_VERSIONS: ReturnType<typeof usePagedList<"/api/v1/models/{model_id}/versions">>["rows"] =
  [];

/** All versions of a model, oldest first, loaded page by page. */
export function useVersions(modelId: string) {
  const list = usePagedList("/api/v1/models/{model_id}/versions", { path: { model_id: modelId } });
  const { rows, isPending, isStale, error, refetch, hasMore, isLoadingMore, loadMore } = list;
  const isIncomplete = hasMore && error === null;
  useEffect(() => {
    if (isIncomplete && !isLoadingMore) loadMore();
  });
  return {
    versions: isStale ? NO_VERSIONS : rows, // placeholder data is of another model
    isPending: isPending || isStale || isIncomplete,
    error,
    refetch,
  };
}
