import { type FormEvent, useState } from "react";
import { useNavigate } from "react-router";
import { Button } from "~/components/ui/Button";
import { ErrorNote } from "~/components/ui/ErrorState";
import { Field } from "~/components/ui/Field";
import { PageHeader } from "~/components/ui/PageHeader";
import { Progress } from "~/components/ui/Progress";
import { TextInput } from "~/components/ui/TextInput";
import { refetch, type Schemas, session } from "~/services/api";
import { type Stage, upload } from "~/services/upload";

export default function UploadPage() {
  const navigate = useNavigate();
  const [stage, setStage] = useState<Stage | null>(null);
  const [error, setError] = useState<unknown>(null);
  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    setError(null);
    try {
      const form = new FormData(event.currentTarget);
      const model = await upload<Schemas["UploadedModelView"]>(
        { address: "/api/v1/models/upload", form, onStage: setStage },
        session,
      );
      await refetch("/api/v1/models");
      navigate(`/models/${model.id}`);
    } catch (thrown) {
      setStage(null);
      setError(thrown);
    }
  };
  return (
    <>
      <PageHeader
        title="Upload"
        text="A fitted scikit-learn estimator, saved by joblib or skops, or an ONNX file."
      />
      <form onSubmit={submit} className="flex max-w-lg flex-col gap-5">
        <Field label="File">
          <TextInput type="file" name="file" required />
        </Field>
        <Field label="Name">
          <TextInput name="name" required />
        </Field>
        {error !== null && <ErrorNote error={error} />}
        {stage && (
          <Progress
            label="Upload"
            value={stage.name === "sending" && stage.total > 0 ? stage.sent / stage.total : null}
          />
        )}
        <Button type="submit" look="primary" isBusy={stage !== null}>
          Upload
        </Button>
      </form>
    </>
  );
}
