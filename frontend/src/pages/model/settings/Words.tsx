/** Name, description and the serving version's label. */

import { type FormEvent, useState } from "react";
import { Button } from "~/components/ui/Button";
import { ErrorNote } from "~/components/ui/ErrorState";
import { Field } from "~/components/ui/Field";
import { Textarea } from "~/components/ui/Textarea";
import { TextInput } from "~/components/ui/TextInput";
import type { Schemas } from "~/services/api";
import { useUpdate } from "./useUpdate";

const NAMES = ["name", "description", "version"] as const;

export function Words({ model }: { model: Schemas["ModelView"] }) {
  const { update, isPending, error } = useUpdate(model.id, "Saved.");
  const [written, setWritten] = useState<Partial<Record<(typeof NAMES)[number], string>>>({});
  const value = (name: (typeof NAMES)[number]) => written[name] ?? model[name];
  const changed = NAMES.filter((name) => value(name).trim() !== model[name]);
  const field = (name: (typeof NAMES)[number]) => ({
    value: value(name),
    onChange: ({ target }: { target: { value: string } }) =>
      setWritten({ ...written, [name]: target.value }),
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
        look="primary"
        isBusy={isPending}
        disabled={changed.length === 0}
        className="self-start"
      >
        Save
      </Button>
    </form>
  );
}
