import { useEffect, useRef } from "react";
import { count } from "~/services/format";
import { Button } from "./Button";

interface LoadMoreProps {
  shown: number;
  /** Null where the server did not count. */
  total: number | null;
  hasMore: boolean;
  isLoadingMore: boolean;
  loadMore: () => void;
  /** Whether more is fetched as soon as one comes near the end. */
  isAuto?: boolean;
}

const NEAR = "1200px";

/** Takes what `useListing` gives. */
export function LoadMore({
  shown,
  total,
  hasMore,
  isLoadingMore,
  loadMore,
  isAuto = false,
}: LoadMoreProps) {
  const end = useRef<HTMLDivElement>(null);
  const next = useRef(loadMore);
  next.current = loadMore;
  const isWatched = isAuto && hasMore && !isLoadingMore && shown > 0;
  useEffect(() => {
    if (!isWatched || !end.current) return;
    const watch = new IntersectionObserver(([entry]) => entry?.isIntersecting && next.current(), {
      rootMargin: NEAR,
    });
    watch.observe(end.current);
    return () => watch.disconnect();
  }, [isWatched]);
  if (shown === 0) return null;
  const of = total === null ? (hasMore ? "the newest " : "all ") : "";
  return (
    <div ref={end} className="flex items-center justify-between gap-4 py-4 text-sm text-faint">
      <p aria-live="polite" className="figures">
        {of}
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
