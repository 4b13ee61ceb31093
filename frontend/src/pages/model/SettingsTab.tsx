import { type FormEvent, useState } from "react";
import { Button } from "~/components/ui/Button";
import { ErrorNote } from "~/components/ui/ErrorState";
import { Field } from "~/components/ui/Field";
import { TextInput } from "~/components/ui/TextInput";
import { toast } from "~/components/ui/toasts";
import { api, refetch } from "~/services/api";
import { useModel } from "./ModelPage";

export default function SettingsTab() {
  const model = useModel();
  const [name, setName] = useState(model.name);
  const { mutate, isPending, error } = api.useMutation("put", "/api/v1/models/{model_id}", {
    onSuccess: async () => {
      await refetch("/api/v1/models", "/api/v1/models/{model_id}");
      toast({ text: "The model is renamed.", tone: "success" });
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    mutate({ params: { path: { model_id: model.id } }, body: { name } });
  };
  return (
    <form onSubmit={submit} className="flex max-w-lg flex-col gap-5">
      <Field label="Name">
        <TextInput value={name} onChange={(event) => setName(event.target.value)} />
      </Field>
      {error !== null && <ErrorNote error={error} />}
      <Button
        type="submit"
        look="primary"
        isBusy={isPending}
        disabled={name === model.name}
        className="self-start"
      >
        Rename
      </Button>
    </form>
  );
}
