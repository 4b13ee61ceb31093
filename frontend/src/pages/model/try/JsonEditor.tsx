/** The same rows as the body of the call, to be written by hand. */

import { useState } from "react";
import { Field } from "~/components/ui/Field";
import { Textarea } from "~/components/ui/Textarea";
import { inputOf, jsonOf, type Parsed, parsedJson, type Question } from "./body";
import type { InputShape } from "./inputs";

interface JsonEditorProps {
  shape: InputShape;
  question: Question;
  /** What is written and cannot be read; null where all can. */
  broken: string | null;
  onChange: (question: Question) => void;
  onBroken: (text: string | null) => void;
}

export function JsonEditor({ shape, question, broken, onChange, onBroken }: JsonEditorProps) {
  const [written, setText] = useState(() => broken ?? jsonOf(shape, question));
  // What is written stands as written for as long as it means what is asked.
  const stands = broken === written || meansTheSame(shape, parsedJson(shape, written), question);
  const text = stands ? written : jsonOf(shape, question);
  const parsed = parsedJson(shape, text);
  const error = "error" in parsed ? parsed.error : undefined;
  const write = (next: string) => {
    setText(next);
    const read = parsedJson(shape, next);
    onBroken("error" in read ? next : null);
    if ("question" in read) onChange(read.question);
  };
  return (
    <Field
      label="Body of the call"
      hint="Also taken: bare rows, and the bodies of MLflow and KServe."
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

const meansTheSame = (shape: InputShape, parsed: Parsed, question: Question): boolean =>
  "question" in parsed &&
  JSON.stringify(inputOf(shape, parsed.question)) === JSON.stringify(inputOf(shape, question));
