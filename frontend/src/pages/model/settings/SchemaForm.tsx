/** The documented input and output schemas of the live version. */

import { type FormEvent, useState } from "react";
import { Button } from "~/components/buttons/Button";
import { ErrorNote } from "~/components/feedback/ErrorState";
import { Field } from "~/components/forms/Field";
import { Textarea } from "~/components/forms/Textarea";
import type { Schemas } from "~/services/api/client";
import { parseSchema } from "./parseSchema";
import { useModelUpdate } from "./useModelUpdate";

const LABELS = { input_schema: "One row of input", output_schema: "The output" } as const;
const NAMES = ["input_schema", "output_schema"] as const;

export function SchemaForm({ model }: { model: Schemas["ModelView"] }) {
  const { update, isPending, error } = useModelUpdate(model.id, "Documented.");
  const [edited, setEdited] = useState<Partial<Record<(typeof NAMES)[number], string>>>({});
  const parts = NAMES.map((name) => {
    const saved = JSON.stringify(model[name], null, 2);
    const text = edited[name] ?? saved;
    const parsed = parseSchema(text);
    const isChanged = !("schema" in parsed) || JSON.stringify(parsed.schema, null, 2) !== saved;
    return { name, text, read: parsed, isChanged };
  });
  const isReady =
    parts.some((part) => part.isChanged) && parts.every(({ read: parsed }) => "schema" in parsed);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const schemas = parts
      .filter((part) => part.isChanged)
      .map(({ name, read: parsed }) => [name, "schema" in parsed ? parsed.schema : undefined]);
    update(Object.fromEntries(schemas));
  };
  return (
    <form onSubmit={submit} className="flex max-w-2xl flex-col gap-5">
      {parts.map(({ name, text, read: parsed }) => (
        <Field key={name} label={LABELS[name]} error={"error" in parsed ? parsed.error : undefined}>
          <Textarea
            isCode
            rows={10}
            value={text}
            onChange={({ target }) => setEdited({ ...edited, [name]: target.value })}
          />
        </Field>
      ))}
      {error !== null && <ErrorNote error={error} />}
      <Button type="submit" isBusy={isPending} disabled={!isReady} className="self-start">
        Save the documentation
      </Button>
    </form>
  );
}
