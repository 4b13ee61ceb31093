/** Updates a model and refetches everything that shows it. */

import { toast } from "~/components/feedback/toasts";
import { api, refetch } from "~/services/api/client";

export function useModelUpdate(modelId: string, doneText: string) {
  const { mutate, isPending, error } = api.useMutation("put", "/api/v1/models/{model_id}", {
    onSuccess: async () => {
      await refetch(
        "/api/v1/models",
        "/api/v1/models/{model_id}",
        "/api/v1/models/{model_id}/versions",
        "/api/v1/models/{model_id}/events",
      );
      toast({ text: doneText, tone: "success" });
    },
  });
  type Change = Parameters<typeof mutate>[0]["body"];
  return {
    update: (body: Change) => mutate({ params: { path: { model_id: modelId } }, body }),
    isPending,
    error,
  };
}
