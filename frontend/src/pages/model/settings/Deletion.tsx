/** Deleting a model: with a word typed where somebody may count on it. */

import { type FormEvent, useId, useState } from "react";
import { Button } from "~/components/ui/Button";
import { Dialog } from "~/components/ui/Dialog";
import { Field } from "~/components/ui/Field";
import { TextInput } from "~/components/ui/TextInput";
import type { Schemas } from "~/services/api";
import { plural } from "~/services/format";
import { useDeletion } from "./useDeletion";

export function Deletion({ model }: { model: Schemas["ModelView"] }) {
  const [isAsking, setAsking] = useState(false);
  const remove = useDeletion(model);
  const isUsed = (model.usage_count ?? 0) > 0;
  return (
    <>
      <Button look="danger" onClick={() => (isUsed ? setAsking(true) : void remove())}>
        Delete the model
      </Button>
      <Dialog isOpen={isAsking} onClose={() => setAsking(false)} title="Delete the model">
        <Typed model={model} onCancel={() => setAsking(false)} onDelete={() => void remove()} />
      </Dialog>
    </>
  );
}

interface TypedProps {
  model: Schemas["ModelView"];
  onCancel: () => void;
  onDelete: () => void;
}

function Typed({ model, onCancel, onDelete }: TypedProps) {
  const id = useId();
  const [text, setText] = useState("");
  const isRight = text.trim() === model.name;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (isRight) onDelete();
  };
  return (
    <form onSubmit={submit} aria-describedby={id}>
      <p id={id} className="mb-4 text-soft">
        It has answered {plural(model.usage_count ?? 0, "call")}. From the next one on, callers are
        told that there is no such model. You can undo it; its history stays in either case.
      </p>
      <Field
        label={
          <>
            Type <span className="font-mono [overflow-wrap:anywhere]">{model.name}</span> to delete
            it
          </>
        }
      >
        <TextInput value={text} onChange={({ target }) => setText(target.value)} />
      </Field>
      <div className="mt-5 flex justify-end gap-3">
        <Button onClick={onCancel}>Cancel</Button>
        <Button type="submit" look="danger" disabled={!isRight}>
          Delete
        </Button>
      </div>
    </form>
  );
}
