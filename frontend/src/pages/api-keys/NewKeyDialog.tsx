/** Creates a key, then shows its secret, which is shown only once. */

import { useState } from "react";
import { useForm } from "react-hook-form";
import { Button } from "~/components/buttons/Button";
import { ErrorNote } from "~/components/feedback/ErrorState";
import { showFieldErrors } from "~/components/forms/fieldErrors";
import { Dialog } from "~/components/overlays/Dialog";
import { client, refetch, type Schemas } from "~/services/api/client";
import { type ApiKeyForm, EMPTY_FORM, toRequestBody } from "./apiKeyForm";
import { IssuedKeyDialog } from "./IssuedKeyDialog";
import { KeyFields } from "./KeyFields";

const FORM = "new-key";

export function NewKeyDialog({ onClose }: { onClose: () => void }) {
  const [issued, setIssued] = useState<Schemas["IssuedKeyView"] | null>(null);
  const [error, setError] = useState<unknown>(null);
  const form = useForm<ApiKeyForm>({ defaultValues: EMPTY_FORM });
  const submit = form.handleSubmit(async (values) => {
    setError(null);
    try {
      const { data } = await client.POST("/api/v1/api-keys", { body: toRequestBody(values) });
      setIssued(data ?? null);
      void refetch("/api/v1/api-keys");
    } catch (thrown) {
      setError(
        showFieldErrors(form.setError, thrown, {
          name: "name",
          scopes: "scopes",
          expires_at: "date",
          calls_per_minute: "callsPerMinute",
        }),
      );
    }
  });
  if (issued) return <IssuedKeyDialog issued={issued} onClose={onClose} />;
  const footer = (
    <>
      <Button onClick={onClose}>Cancel</Button>
      <Button type="submit" form={FORM} variant="primary" isBusy={form.formState.isSubmitting}>
        Create the key
      </Button>
    </>
  );
  return (
    <Dialog isOpen onClose={onClose} title="New API key" footer={footer}>
      <form id={FORM} onSubmit={submit} noValidate className="flex flex-col gap-5 pt-1">
        <KeyFields form={form} />
        {error !== null && <ErrorNote error={error} />}
      </form>
    </Dialog>
  );
}
