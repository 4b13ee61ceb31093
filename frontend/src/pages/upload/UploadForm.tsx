/** The fields of an upload. Everything but the name is optional. */

import { type FormEvent, useState } from "react";
import { Button } from "~/components/buttons/Button";
import { Field } from "~/components/forms/Field";
import { Textarea } from "~/components/forms/Textarea";
import { TextInput } from "~/components/forms/TextInput";
import { parseSample, suggestedName } from "./fileChecks";

const SAMPLE_PLACEHOLDER = `[{"day": "2026-01-05", "town": "Ulm", "price": 1.5},
 {"day": "2026-02-14", "town": null, "price": 2.0}]`;

interface UploadFormProps {
  file: File | null;
  /** Whether the file cannot be sent. */
  isRefused: boolean;
  isVersion: boolean;
  isBusy: boolean;
  /** The server's validation errors. */
  errors: Readonly<Record<string, string>>;
  onSend: (fields: Readonly<Record<string, string>>) => void;
}

export function UploadForm({
  file,
  isRefused,
  isVersion,
  isBusy,
  errors,
  onSend,
}: UploadFormProps) {
  // The name defaults to that of the file.
  const [name, setName] = useState<string | null>(null);
  const [sample, setSample] = useState("");
  const parsed = readSample(sample);
  const shownName = name ?? (file ? suggestedName(file.name) : "");
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const texts = ["description", "version"].map((each) => [each, String(form.get(each) ?? "")]);
    const named = isVersion ? {} : { name: shownName };
    onSend({ ...Object.fromEntries(texts), ...named, sample: parsed.json });
  };
  return (
    <form onSubmit={submit} className="flex flex-col gap-5">
      {!isVersion && (
        <>
          <Field label="Name" error={errors.name}>
            <TextInput
              name="name"
              required
              maxLength={120}
              value={shownName}
              onChange={({ target }) => setName(target.value)}
            />
          </Field>
          <Field label="Description" isOptional error={errors.description}>
            <Textarea name="description" maxLength={2000} rows={2} placeholder="What is it for?" />
          </Field>
        </>
      )}
      <Field
        label="Label of the version"
        isOptional
        hint="Yours to choose, such as 1.0 or 2026-01. Without one it is the version's number."
        error={errors.version}
      >
        <TextInput name="version" maxLength={50} className="sm:max-w-56" />
      </Field>
      <details className="group">
        <summary className="w-fit text-sm font-medium">
          A sample of its rows <span className="font-normal text-faint">(optional)</span>
        </summary>
        <div className="mt-3 flex flex-col gap-3">
          <p className="text-sm text-soft">
            A few rows, as JSON or as CSV with a header. Most models describe their columns; those
            with functions or transformers of your own do not, and a sample gives names and types to
            their columns. The model is called with it before it is accepted.
          </p>
          <Field
            label="Rows"
            hint={parsed.summary || undefined}
            error={parsed.error ?? errors.sample}
          >
            <Textarea
              isCode
              placeholder={SAMPLE_PLACEHOLDER}
              value={sample}
              onChange={({ target }) => setSample(target.value)}
            />
          </Field>
        </div>
      </details>
      <Button
        type="submit"
        variant="primary"
        className="self-start"
        isBusy={isBusy}
        disabled={file === null || isRefused || parsed.error !== undefined}
      >
        {isVersion ? "Add the version" : "Upload"}
      </Button>
    </form>
  );
}

function readSample(text: string): { json: string; summary: string; error?: string } {
  try {
    return parseSample(text);
  } catch (error) {
    return { json: "", summary: "", error: error instanceof Error ? error.message : String(error) };
  }
}
