/** Deletes models optimistically; they come back on undo or if the server refuses. */

import { useCallback, useState } from "react";
import { toast } from "~/components/feedback/toasts";
import { client, queryClient, refetch, type Schemas } from "~/services/api/client";
import { toApiError } from "~/services/api/errors";

type Model = Pick<Schemas["ModelView"], "id" | "name">;

interface ModelDeletion {
  /** Models to hide. */
  deletedIds: ReadonlySet<string>;
  remove: (model: Model) => void;
}

export function useModelDeletion(): ModelDeletion {
  const [deletedIds, setDeletedIds] = useState<ReadonlySet<string>>(new Set());
  const show = useCallback((id: string) => setDeletedIds((before) => withoutId(before, id)), []);
  const remove = useCallback(
    ({ id, name }: Model) => {
      setDeletedIds((before) => new Set(before).add(id));
      const params = { params: { path: { model_id: id } } };
      const deleted = client.DELETE("/api/v1/models/{model_id}", params);
      const showError = (error: unknown, isRestored: boolean) => {
        if (isRestored) show(id);
        toast({ text: `${name}: ${toApiError(error).message}`, tone: "danger" });
      };
      const undo = async () => {
        show(id);
        try {
          await deleted;
          await client.POST("/api/v1/models/{model_id}/restore", params);
          await refreshLists();
        } catch (error) {
          showError(error, false);
        }
      };
      const close = toast({ text: `${name} is deleted.`, action: { label: "Undo", run: undo } });
      deleted.then(refreshLists, (error) => {
        close();
        showError(error, true);
      });
    },
    [show],
  );
  return { deletedIds, remove };
}

/** The rows are right already; only later fetches must be fresh. */
async function refreshLists(): Promise<void> {
  await queryClient.invalidateQueries({
    predicate: ({ queryKey }) => queryKey[1] === "/api/v1/models",
    refetchType: "none",
  });
  await refetch("/api/v1/fleet");
}

function withoutId(ids: ReadonlySet<string>, id: string): ReadonlySet<string> {
  const next = new Set(ids);
  next.delete(id);
  return next;
}
