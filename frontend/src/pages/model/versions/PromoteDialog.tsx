/** Confirms a promotion, listing what changes for callers. */

import { Callout } from "~/components/feedback/Callout";
import { toast } from "~/components/feedback/toasts";
import { ConfirmDialog } from "~/components/overlays/ConfirmDialog";
import { api, refetch } from "~/services/api/client";
import { callerEffects, type Version } from "./versionFacts";

const EFFECTS_MAX = 8;

interface PromoteDialogProps {
  modelId: string;
  serving: Version;
  /** Null while the dialog is closed. */
  next: Version | null;
  onClose: () => void;
}

export const isRollback = (serving: Version, next: Version): boolean =>
  next.number < serving.number;

export function PromoteDialog({ modelId, serving, next, onClose }: PromoteDialogProps) {
  const { mutateAsync } = api.useMutation(
    "post",
    "/api/v1/models/{model_id}/versions/{number}/promote",
  );
  if (next === null) return null;
  const isRollingBack = isRollback(serving, next);
  const promote = async () => {
    await mutateAsync({ params: { path: { model_id: modelId, number: next.number } } });
    await refetch(
      "/api/v1/models",
      "/api/v1/models/{model_id}",
      "/api/v1/models/{model_id}/versions",
      "/api/v1/models/{model_id}/events",
    );
    toast({ text: `Version ${next.number} is live.`, tone: "success" });
  };
  return (
    <ConfirmDialog
      isOpen
      onClose={onClose}
      title={
        isRollingBack ? `Roll back to version ${next.number}` : `Promote version ${next.number}`
      }
      action={isRollingBack ? "Roll back" : "Promote"}
      onConfirm={promote}
    >
      <p className="[overflow-wrap:anywhere]">
        From the next call on, version {next.number} “{next.version}” answers every call that names
        no version. Now version {serving.number} “{serving.version}” does; it is kept, and can be
        called by its number.
      </p>
      <Effects effects={callerEffects(serving, next)} />
    </ConfirmDialog>
  );
}

function Effects({ effects }: { effects: readonly string[] }) {
  if (effects.length === 0) {
    return <p className="mt-3">Both have the same input and output, so callers need not change.</p>;
  }
  return (
    <Callout tone="warn" title="Callers will notice" className="mt-4">
      <ul>
        {effects.slice(0, EFFECTS_MAX).map((effect) => (
          <li key={effect}>{effect}</li>
        ))}
        {effects.length > EFFECTS_MAX && <li>and {effects.length - EFFECTS_MAX} more</li>}
      </ul>
    </Callout>
  );
}
