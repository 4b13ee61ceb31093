/** Deleting models: gone at once, and back where one thinks better of it or the server says no. */

import { useCallback, useState } from "react";
import { toast } from "~/components/ui/toasts";
import { client, queries, refetch, type Schemas } from "~/services/api";
import { refusalOfError } from "~/services/problems";

type Model = Pick<Schemas["ModelView"], "id" | "name">;

interface Deleting {
  /** Models that are not to be shown. */
  gone: ReadonlySet<string>;
  remove: (model: Model) => void;
}

export function useDeleting(): Deleting {
  const [gone, setGone] = useState<ReadonlySet<string>>(new Set());
  const show = useCallback((id: string) => setGone((before) => without(before, id)), []);
  const remove = useCallback(
    ({ id, name }: Model) => {
      setGone((before) => new Set(before).add(id));
      const params = { params: { path: { model_id: id } } };
      const deleted = client.DELETE("/api/v1/models/{model_id}", params);
      const said = (error: unknown, isBack: boolean) => {
        if (isBack) show(id);
        toast({ text: `${name}: ${refusalOfError(error).message}`, tone: "danger" });
      };
      const undo = async () => {
        show(id);
        try {
          await deleted;
          await client.POST("/api/v1/models/{model_id}/restore", params);
          await changed();
        } catch (error) {
          said(error, false);
        }
      };
      const close = toast({ text: `${name} is deleted.`, action: { label: "Undo", run: undo } });
      deleted.then(changed, (error) => {
        close();
        said(error, true);
      });
    },
    [show],
  );
  return { gone, remove };
}

/** What is listed is right already; what is fetched later is to be new. */
async function changed(): Promise<void> {
  await queries.invalidateQueries({
    predicate: ({ queryKey }) => queryKey[1] === "/api/v1/models",
    refetchType: "none",
  });
  await refetch("/api/v1/fleet");
}

function without(ids: ReadonlySet<string>, id: string): ReadonlySet<string> {
  const next = new Set(ids);
  next.delete(id);
  return next;
}
