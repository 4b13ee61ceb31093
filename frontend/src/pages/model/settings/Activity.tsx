/** Whether the model answers calls. */

import { useState } from "react";
import { Button } from "~/components/ui/Button";
import { CodeBlock } from "~/components/ui/CodeBlock";
import { ConfirmDialog } from "~/components/ui/ConfirmDialog";
import { ErrorNote } from "~/components/ui/ErrorState";
import type { Schemas } from "~/services/api";
import { useUpdate } from "./useUpdate";

const REFUSAL = `409 Conflict
{"title": "Conflict", "detail": "this model is deactivated"}`;

export function Activity({ model }: { model: Schemas["ModelView"] }) {
  const [isAsking, setAsking] = useState(false);
  const { update, isPending, error } = useUpdate(
    model.id,
    model.is_active ? "It refuses calls now." : "It answers calls again.",
  );
  if (!model.is_active) {
    return (
      <>
        <p className="mb-4">It is deactivated: calls are refused, everything else is as it was.</p>
        {error !== null && <ErrorNote error={error} />}
        <Button look="primary" isBusy={isPending} onClick={() => update({ is_active: true })}>
          Reactivate
        </Button>
      </>
    );
  }
  return (
    <>
      <p className="mb-4">It answers calls.</p>
      {error !== null && <ErrorNote error={error} />}
      <Button isBusy={isPending} onClick={() => setAsking(true)}>
        Deactivate
      </Button>
      <ConfirmDialog
        isOpen={isAsking}
        onClose={() => setAsking(false)}
        title="Deactivate the model"
        action="Deactivate"
        onConfirm={() => update({ is_active: false })}
      >
        <p className="mb-3">
          From the next call on, whoever calls it gets this, until you reactivate it. Its versions,
          its figures and its history stay as they are.
        </p>
        <CodeBlock code={REFUSAL} label="What callers get" />
      </ConfirmDialog>
    </>
  );
}
