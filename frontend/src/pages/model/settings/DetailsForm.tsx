/** Name, description and the label of the live version. */

import { type FormEvent, useState } from "react";
import { Button } from "~/components/buttons/Button";
import { ErrorNote } from "~/components/feedback/ErrorState";
import { Field } from "~/components/forms/Field";
import { Textarea } from "~/components/forms/Textarea";
import { TextInput } from "~/components/forms/TextInput";
import type { Schemas } from "~/services/api/client";
import { useModelUpdate } from "./useModelUpdate";

const NAMES = ["name", "description", "version"] as const;

export function DetailsForm({ model }: { model: Schemas["ModelView"] }) {
  const { update, isPending, error } = useModelUpdate(model.id, "Saved.");
  const [edited, setEdited] = useState<Partial<Record<(typeof NAMES)[number], string>>>({});
  const value = (name: (typeof NAMES)[number]) => edited[name] ?? model[name];
  const changed = NAMES.filter((name) => value(name).trim() !== model[name]);
  const field = (name: (typeof NAMES)[number]) => ({
    value: value(name),
    onChange: ({ target }: { target: { value: string } }) =>
      setEdited({ ...edited, [name]: target.value }),
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    update(Object.fromEntries(changed.map((name) => [name, value(name).trim()])));
  };
  return (
    <form onSubmit={submit} className="flex max-w-2xl flex-col gap-5">
      <Field label="Name">
        <TextInput required maxLength={120} {...field("name")} />
      </Field>
      <Field label="Description" isOptional>
        <Textarea maxLength={2000} placeholder="What is it for?" {...field("description")} />
      </Field>
      <Field label={`Label of version ${model.version_number}`}>
        <TextInput required maxLength={50} className="sm:max-w-56" {...field("version")} />
      </Field>
      {error !== null && <ErrorNote error={error} />}
      <Button
        type="submit"
        variant="primary"
        isBusy={isPending}
        disabled={changed.length === 0}
        className="self-start"
      >
        Save
      </Button>
    </form>
  );
}
