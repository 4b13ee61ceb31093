/** What came in since the rows were fetched: told in a line, so that no row jumps away. */

import { Button } from "~/components/ui/Button";
import type { Schemas } from "~/services/api";
import { plural } from "~/services/format";
import { useListing } from "~/services/listing";

const EVERY_MS = 10_000;

interface NewCallsProps {
  modelId: string;
  query: Record<string, string>;
  /** Those that are shown, newest first. */
  rows: readonly Schemas["RecordView"][];
  onShow: () => void;
}

export function NewCalls({ modelId, query, rows, onShow }: NewCallsProps) {
  const newest = rows[0]?.created_at;
  const { total } = useListing(
    "/api/v1/models/{model_id}/history",
    {
      path: { model_id: modelId },
      query: { ...query, limit: 1, ...(newest && { since: newest }) },
    },
    { refetchInterval: EVERY_MS },
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
