import { count } from "~/services/format";
import { Button } from "./Button";

interface LoadMoreProps {
  shown: number;
  /** Null where the server did not count. */
  total: number | null;
  hasMore: boolean;
  isLoadingMore: boolean;
  loadMore: () => void;
}

/** Takes what `useListing` gives. */
export function LoadMore({ shown, total, hasMore, isLoadingMore, loadMore }: LoadMoreProps) {
  if (shown === 0) return null;
  const of = total === null ? (hasMore ? "the newest " : "all ") : "";
  return (
    <div className="flex items-center justify-between gap-4 py-4 text-sm text-faint">
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
