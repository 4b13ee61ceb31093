/** What the serving version is said to take and give, as JSON Schema. */

import { type FormEvent, useState } from "react";
import { Button } from "~/components/ui/Button";
import { ErrorNote } from "~/components/ui/ErrorState";
import { Field } from "~/components/ui/Field";
import { Textarea } from "~/components/ui/Textarea";
import type { Schemas } from "~/services/api";
import { schemaIn } from "./json";
import { useUpdate } from "./useUpdate";

const LABELS = { input_schema: "One row of input", output_schema: "The answer" } as const;
const NAMES = ["input_schema", "output_schema"] as const;

export function Documentation({ model }: { model: Schemas["ModelView"] }) {
  const { update, isPending, error } = useUpdate(model.id, "Documented.");
  const [written, setWritten] = useState<Partial<Record<(typeof NAMES)[number], string>>>({});
  const parts = NAMES.map((name) => {
    const kept = JSON.stringify(model[name], null, 2);
    const text = written[name] ?? kept;
    const read = schemaIn(text);
    const isChanged = !("schema" in read) || JSON.stringify(read.schema, null, 2) !== kept;
    return { name, text, read, isChanged };
  });
  const isReady =
    parts.some((part) => part.isChanged) && parts.every(({ read }) => "schema" in read);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const schemas = parts
      .filter((part) => part.isChanged)
      .map(({ name, read }) => [name, "schema" in read ? read.schema : undefined]);
    update(Object.fromEntries(schemas));
  };
  return (
    <form onSubmit={submit} className="flex max-w-2xl flex-col gap-5">
      {parts.map(({ name, text, read }) => (
        <Field key={name} label={LABELS[name]} error={"fault" in read ? read.fault : undefined}>
          <Textarea
            isCode
            rows={10}
            value={text}
            onChange={({ target }) => setWritten({ ...written, [name]: target.value })}
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
