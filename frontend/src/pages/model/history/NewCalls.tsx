/** What came in since the rows were fetched: told in a line, so that no row jumps away. */

import { useEffect, useRef } from "react";
import { Button } from "~/components/ui/Button";
import type { Schemas } from "~/services/api";
import { plural } from "~/services/format";
import { useListing } from "~/services/listing";
import { useFeed } from "~/services/useFeed";

/** How often it is asked where the feed is not there to tell; and at the most where it is. */
const EVERY_MS = 10_000;
const PAUSE_MS = 1_500;

interface NewCallsProps {
  modelId: string;
  query: Record<string, string>;
  /** Those that are shown, newest first. */
  rows: readonly Schemas["RecordView"][];
  onShow: () => void;
}

export function NewCalls({ modelId, query, rows, onShow }: NewCallsProps) {
  const newest = rows[0]?.created_at;
  const { happened, status } = useFeed();
  const latest = happened.find(
    ({ model_id, type }) => model_id === modelId && type.startsWith("Prediction."),
  )?.position;
  const { total, refetch } = useListing(
    "/api/v1/models/{model_id}/history",
    {
      path: { model_id: modelId },
      query: { ...query, limit: 1, ...(newest && { since: newest }) },
    },
    { refetchInterval: status === "live" ? false : EVERY_MS },
  );
  const told = useRef(latest);
  const timer = useRef<ReturnType<typeof setTimeout> | null>(null);
  useEffect(() => {
    if (latest === told.current) return;
    told.current = latest;
    timer.current ??= setTimeout(() => {
      timer.current = null;
      void refetch();
    }, PAUSE_MS);
  }, [latest, refetch]);
  useEffect(
    () => () => {
      clearTimeout(timer.current ?? undefined);
      timer.current = null;
    },
    [],
  );
  const known = rows.filter(({ created_at }) => created_at === newest).length;
  const added = total === null ? 0 : total - known;
  return (
    <p aria-live="polite" className={added > 0 ? "mb-3 border-l-2 border-accent pl-3" : "sr-only"}>
      {added > 0 && (
        <>
          {plural(added, "new prediction")}{" "}
          <Button look="quiet" isSmall onClick={onShow}>
            Show
          </Button>
        </>
      )}
    </p>
  );
}
