/** Changes to what is said about a model; everything that shows it follows. */

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
