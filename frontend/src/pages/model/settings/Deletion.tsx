/** Deletes a model. If it has been called, its name must be typed to confirm. */

import { type FormEvent, useId, useState } from "react";
import { Button } from "~/components/buttons/Button";
import { Field } from "~/components/forms/Field";
import { TextInput } from "~/components/forms/TextInput";
import { Dialog } from "~/components/overlays/Dialog";
import type { Schemas } from "~/services/api/client";
import { plural } from "~/services/text/format";
import { useDeletion } from "./useDeletion";

export function Deletion({ model }: { model: Schemas["ModelView"] }) {
  const [isConfirming, setConfirming] = useState(false);
  const remove = useDeletion(model);
  const isUsed = (model.usage_count ?? 0) > 0;
  return (
    <>
      <Button variant="danger" onClick={() => (isUsed ? setConfirming(true) : void remove())}>
        Delete the model
      </Button>
      <Dialog isOpen={isConfirming} onClose={() => setConfirming(false)} title="Delete the model">
        <TypedConfirmation
          model={model}
          onCancel={() => setConfirming(false)}
          onDelete={() => void remove()}
        />
      </Dialog>
    </>
  );
}

interface TypedConfirmationProps {
  model: Schemas["ModelView"];
  onCancel: () => void;
  onDelete: () => void;
}

function TypedConfirmation({ model, onCancel, onDelete }: TypedConfirmationProps) {
  const id = useId();
  const [text, setText] = useState("");
  const isMatching = text.trim() === model.name;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (isMatching) onDelete();
  };
  return (
    <form onSubmit={submit} aria-describedby={id}>
      <p id={id} className="mb-4 text-soft">
        It has answered {plural(model.usage_count ?? 0, "call")}. From the next one on, callers get
        the error that there is no such model. You can undo it; its history is kept in either case.
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
        <Button type="submit" variant="danger" disabled={!isMatching}>
          Delete
        </Button>
      </div>
    </form>
  );
}
