/** Deactivates a model, or activates it again. */

import { useState } from "react";
import { Button } from "~/components/buttons/Button";
import { CodeBlock } from "~/components/data/CodeBlock";
import { ErrorNote } from "~/components/feedback/ErrorState";
import { ConfirmDialog } from "~/components/overlays/ConfirmDialog";
import type { Schemas } from "~/services/api/client";
import { useModelUpdate } from "./useModelUpdate";

const REFUSAL_EXAMPLE = `409 Conflict
{"title": "Conflict", "detail": "this model is deactivated"}`;

export function Activation({ model }: { model: Schemas["ModelView"] }) {
  const [isConfirming, setConfirming] = useState(false);
  const { update, isPending, error } = useModelUpdate(
    model.id,
    model.is_active ? "It refuses calls now." : "It answers calls again.",
  );
  if (!model.is_active) {
    return (
      <>
        <p className="mb-4">It is deactivated: calls are refused, everything else is unchanged.</p>
        {error !== null && <ErrorNote error={error} />}
        <Button variant="primary" isBusy={isPending} onClick={() => update({ is_active: true })}>
          Reactivate
        </Button>
      </>
    );
  }
  return (
    <>
      <p className="mb-4">It answers calls.</p>
      {error !== null && <ErrorNote error={error} />}
      <Button isBusy={isPending} onClick={() => setConfirming(true)}>
        Deactivate
      </Button>
      <ConfirmDialog
        isOpen={isConfirming}
        onClose={() => setConfirming(false)}
        title="Deactivate the model"
        action="Deactivate"
        onConfirm={() => update({ is_active: false })}
      >
        <p className="mb-3">
          From the next call on, callers get this response, until you reactivate it. Its versions,
          its figures and its history are kept.
        </p>
        <CodeBlock code={REFUSAL_EXAMPLE} label="What callers get" />
      </ConfirmDialog>
    </>
  );
}
