/** Deletes a model optimistically, with a toast that can undo it. */

import { useNavigate } from "react-router";
import { toast } from "~/components/feedback/toasts";
import { client, refetch, type Schemas } from "~/services/api/client";
import { toApiError } from "~/services/api/errors";
import { removeRow } from "~/services/api/pagedList";

const LISTS = ["/api/v1/models", "/api/v1/fleet"] as const;

export function useDeletion(model: Schemas["ModelView"]): () => Promise<void> {
  const navigate = useNavigate();
  const path = { params: { path: { model_id: model.id } } };
  return async () => {
    const deletion = client.DELETE("/api/v1/models/{model_id}", path);
    removeRow("/api/v1/models", ({ id }) => id === model.id);
    void navigate("/models");
    const close = toast({
      text: `“${model.name}” is deleted.`,
      action: { label: "Undo", run: () => reportError(undo) },
    });
    const undo = async () => {
      await deletion;
      await client.POST("/api/v1/models/{model_id}/restore", path);
      await refetch(...LISTS, "/api/v1/models/{model_id}");
      await navigate(`/models/${model.id}`);
      toast({ text: `“${model.name}” is restored.`, tone: "success" });
    };
    const isDone = await reportError(() => deletion);
    if (!isDone) close();
    await refetch(...LISTS);
  };
}

async function reportError(run: () => Promise<unknown>): Promise<boolean> {
  try {
    await run();
    return true;
  } catch (error) {
    toast({ text: toApiError(error).message, tone: "danger" });
    return false;
  }
}
