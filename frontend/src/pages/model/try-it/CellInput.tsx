/** A form field for one value. The typed text is kept, and its parsed value passed on. */

import { useState } from "react";
import { Select } from "~/components/forms/Select";
import { Textarea } from "~/components/forms/Textarea";
import { TextInput } from "~/components/forms/TextInput";
import type { InputColumn, Value } from "../signature/inputShape";
import { cellText, parseCell } from "./cells";

interface CellInputProps {
  column: InputColumn;
  value: Value | undefined;
  onChange: (value: Value) => void;
  /** For models that take a text. */
  isLong?: boolean;
}

const PLACEHOLDERS: Partial<Record<InputColumn["kind"], string>> = {
  datetime: "2026-01-05T12:30",
  any: "a number, true, or a text",
};

export function CellInput(props: CellInputProps) {
  const { column } = props;
  if (column.choices !== null || column.kind === "boolean") return <ChoiceInput {...props} />;
  return <TypedInput {...props} />;
}

function TypedInput({ column, value, onChange, isLong }: CellInputProps) {
  const [text, setText] = useState(() => cellText(column.kind, value));
  // Another view may have changed the value; the typed text is kept while it parses to the same.
  const current = isSameValue(column, text, value) ? text : cellText(column.kind, value);
  const isNull = column.kind === "text" && value === null;
  const props = {
    value: current,
    placeholder: isNull ? "null" : PLACEHOLDERS[column.kind],
    onChange: ({ target }: { target: { value: string } }) => {
      setText(target.value);
      onChange(parseCell(column, target.value));
    },
  };
  if (isLong) return <Textarea {...props} className="min-h-28" />;
  const isNumber = column.kind === "number" || column.kind === "integer";
  return (
    <span className="flex gap-2">
      <TextInput
        {...props}
        inputMode={isNumber ? "decimal" : undefined}
        className={isNumber ? "figures" : undefined}
      />
      {column.kind === "text" && column.isNullable && (
        <button
          type="button"
          aria-pressed={isNull}
          aria-label={`${column.name} is null`}
          onClick={() => onChange(isNull ? "" : null)}
          className="touchable shrink-0 rounded-sm border px-2 whitespace-nowrap font-mono text-xs text-soft hover:border-ink aria-pressed:border-accent aria-pressed:bg-accent-soft aria-pressed:text-accent"
        >
          null
        </button>
      )}
    </span>
  );
}

function ChoiceInput({ column, value, onChange }: CellInputProps) {
  const choices = column.choices ?? [true, false];
  const chosen = (choices as readonly unknown[]).indexOf(value);
  const isUnlisted = chosen === -1 && value !== null && value !== undefined;
  return (
    <Select
      value={chosen === -1 ? (isUnlisted ? "strange" : "") : String(chosen)}
      onChange={({ target }) => onChange(choices[Number(target.value)] ?? null)}
    >
      {(column.isNullable || chosen === -1) && !isUnlisted && (
        <option value="">{column.isNullable ? "null" : "Choose"}</option>
      )}
      {isUnlisted && <option value="strange">{String(value)}</option>}
      {choices.map((each, index) => (
        <option key={String(each)} value={index}>
          {String(each)}
        </option>
      ))}
    </Select>
  );
}

function isSameValue(column: InputColumn, text: string, value: Value | undefined): boolean {
  const read = parseCell(column, text);
  return read === value || (text === "" && value == null && column.kind !== "text");
}
