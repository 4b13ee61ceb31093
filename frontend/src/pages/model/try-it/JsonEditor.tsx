/** Edits the rows as the JSON body of the call. */

import { useState } from "react";
import { Field } from "~/components/forms/Field";
import { Textarea } from "~/components/forms/Textarea";
import type { InputShape } from "../signature/inputShape";
import { type Parsed, type PredictionRequest, parseJson, toInputData, toJson } from "./requestBody";

interface JsonEditorProps {
  shape: InputShape;
  request: PredictionRequest;
  /** Text that is not valid JSON; null if it is valid. */
  invalidJson: string | null;
  onChange: (request: PredictionRequest) => void;
  onInvalidJson: (text: string | null) => void;
}

export function JsonEditor({
  shape,
  request,
  invalidJson,
  onChange,
  onInvalidJson,
}: JsonEditorProps) {
  const [typed, setTyped] = useState(() => invalidJson ?? toJson(shape, request));
  // The typed text is kept while it means the same request.
  const isTypedCurrent =
    invalidJson === typed || isSameRequest(shape, parseJson(shape, typed), request);
  const text = isTypedCurrent ? typed : toJson(shape, request);
  const parsed = parseJson(shape, text);
  const error = "error" in parsed ? parsed.error : undefined;
  const write = (next: string) => {
    setTyped(next);
    const read = parseJson(shape, next);
    onInvalidJson("error" in read ? next : null);
    if ("request" in read) onChange(read.request);
  };
  return (
    <Field
      label="Body of the call"
      hint="Also accepted: rows alone, and the bodies of MLflow and KServe."
      error={error}
    >
      <Textarea
        isCode
        rows={12}
        className="max-h-[60dvh]"
        value={text}
        onChange={({ target }) => write(target.value)}
      />
    </Field>
  );
}

const isSameRequest = (shape: InputShape, parsed: Parsed, request: PredictionRequest): boolean =>
  "request" in parsed &&
  JSON.stringify(toInputData(shape, parsed.request)) ===
    JSON.stringify(toInputData(shape, request));
