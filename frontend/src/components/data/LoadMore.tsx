import { useEffect, useRef } from "react";
import { Button } from "~/components/buttons/Button";
import { count } from "~/services/text/format";

interface LoadMoreProps {
  shown: number;
  /** Null if the server did not count. */
  total: number | null;
  hasMore: boolean;
  isLoadingMore: boolean;
  loadMore: () => void;
  /** Loads more when the end of the list comes near. */
  isAuto?: boolean;
}

const ROOT_MARGIN = "1200px";

/** Takes what `usePagedList` returns. */
export function LoadMore({
  shown,
  total,
  hasMore,
  isLoadingMore,
  loadMore,
  isAuto = false,
}: LoadMoreProps) {
  const end = useRef<HTMLDivElement>(null);
  const loadMoreRef = useRef(loadMore);
  loadMoreRef.current = loadMore;
  const isObserving = isAuto && hasMore && !isLoadingMore && shown > 0;
  useEffect(() => {
    if (!isObserving || !end.current) return;
    const observer = new IntersectionObserver(
      ([entry]) => entry?.isIntersecting && loadMoreRef.current(),
      {
        rootMargin: ROOT_MARGIN,
      },
    );
    observer.observe(end.current);
    return () => observer.disconnect();
  }, [isObserving]);
  if (shown === 0) return null;
  const qualifier = total === null ? (hasMore ? "the newest " : "all ") : "";
  return (
    <div ref={end} className="flex items-center justify-between gap-4 py-4 text-sm text-faint">
      <p aria-live="polite" className="figures">
        {qualifier}
        {count(shown)}
        {total !== null && ` of ${count(total)}`}
      </p>
      {hasMore && (
        <Button isSmall isBusy={isLoadingMore} onClick={loadMore}>
          Show more
        </Button>
      )}
    </div>
  );
}
