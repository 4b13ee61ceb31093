import { api } from "~/services/api/client";

/** The largest model file in bytes (the setting MAX_UPLOAD_SIZE); null until it is known. */
export function useUploadLimit(): number | null {
  // The page itself has the same URL.
  const init = { headers: { Accept: "application/json" } };
  const { data } = api.useQuery("get", "/", init, { staleTime: Number.POSITIVE_INFINITY });
  return data?.max_upload_size ?? null;
}
