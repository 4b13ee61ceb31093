/**
 * The number of predictions, and of new ones since the rows were loaded, which are shown on demand.
 */

import { useEffect, useRef } from "react";
import { Button } from "~/components/buttons/Button";
import type { Schemas } from "~/services/api/client";
import { usePagedList } from "~/services/api/pagedList";
import { useFeed } from "~/services/events/useFeed";
import { plural } from "~/services/text/format";

/** The polling interval without a live feed, and the least time between refetches with it. */
const POLL_INTERVAL_MS = 10_000;
const REFETCH_DELAY_MS = 1_500;

interface NewPredictionsProps {
  modelId: string;
  query: Record<string, string>;
  /** The rows that are shown, newest first. */
  rows: readonly Schemas["RecordView"][];
  /** Whether the rows belong to the current query. */
  isSettled: boolean;
  /** The number of matching predictions; null where the server did not count. */
  total: number | null;
  onShow: () => void;
}

export function NewPredictions({
  modelId,
  query,
  rows,
  isSettled,
  total,
  onShow,
}: NewPredictionsProps) {
  const newest = rows[0]?.created_at;
  const { events, status } = useFeed();
  const latest = events.find(
    ({ model_id, type }) => model_id === modelId && type.startsWith("Prediction."),
  )?.position;
  const {
    total: since,
    isStale,
    refetch,
  } = usePagedList(
    "/api/v1/models/{model_id}/history",
    {
      path: { model_id: modelId },
      query: { ...query, limit: 1, ...(newest && { since: newest }) },
    },
    { enabled: isSettled, refetchInterval: status === "live" ? false : POLL_INTERVAL_MS },
  );
  const lastSeen = useRef(latest);
  const timer = useRef<ReturnType<typeof setTimeout> | null>(null);
  useEffect(() => {
    if (latest === lastSeen.current || !isSettled) return;
    lastSeen.current = latest;
    timer.current ??= setTimeout(() => {
      timer.current = null;
      void refetch();
    }, REFETCH_DELAY_MS);
  }, [latest, isSettled, refetch]);
  useEffect(() => {
    // Predictions that were made before the feed connected are not in it.
    if (status === "live" && isSettled) void refetch();
  }, [status, isSettled, refetch]);
  useEffect(
    () => () => {
      clearTimeout(timer.current ?? undefined);
      timer.current = null;
    },
    [],
  );
  const sameTime = rows.filter(({ created_at }) => created_at === newest).length;
  const added = since === null || isStale || !isSettled ? 0 : since - sameTime;
  return (
    <div className="mb-1 flex min-h-8 flex-wrap items-center gap-x-4 text-sm">
      <p className="figures text-soft">
        {isSettled && total !== null && plural(total, "prediction")}
      </p>
      <p aria-live="polite" className="figures font-medium text-accent">
        {added > 0 && (
          <>
            {plural(added, "new prediction")}{" "}
            <Button variant="quiet" isSmall onClick={onShow}>
              Show
            </Button>
          </>
        )}
      </p>
    </div>
  );
}
