/** Makes a key, and then shows its secret, this once. */

import { useState } from "react";
import { useForm } from "react-hook-form";
import { Button } from "~/components/ui/Button";
import { Dialog } from "~/components/ui/Dialog";
import { ErrorNote } from "~/components/ui/ErrorState";
import { client, refetch, type Schemas } from "~/services/api";
import { faultsTo } from "~/services/faults";
import { IssuedKey } from "./IssuedKey";
import { KeyFields } from "./KeyFields";
import { bodyOf, type KeyForm, NEW_KEY } from "./terms";

const FORM = "new-key";

export function NewKeyDialog({ onClose }: { onClose: () => void }) {
  const [issued, setIssued] = useState<Schemas["IssuedKeyView"] | null>(null);
  const [error, setError] = useState<unknown>(null);
  const form = useForm<KeyForm>({ defaultValues: NEW_KEY });
  const submit = form.handleSubmit(async (values) => {
    setError(null);
    try {
      const { data } = await client.POST("/api/v1/api-keys", { body: bodyOf(values) });
      setIssued(data ?? null);
      void refetch("/api/v1/api-keys");
    } catch (thrown) {
      setError(
        faultsTo(form.setError, thrown, {
          name: "name",
          scopes: "scopes",
          expires_at: "date",
          calls_per_minute: "callsPerMinute",
        }),
      );
    }
  });
  if (issued) return <IssuedKey issued={issued} onClose={onClose} />;
  const footer = (
    <>
      <Button onClick={onClose}>Cancel</Button>
      <Button type="submit" form={FORM} look="primary" isBusy={form.formState.isSubmitting}>
        Make the key
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
