/** The rows as a form with one field per column. */

import { Plus, X } from "lucide-react";
import { useState } from "react";
import { Button } from "~/components/buttons/Button";
import { IconButton } from "~/components/buttons/IconButton";
import { cx } from "~/components/cx";
import { EmptyState } from "~/components/feedback/EmptyState";
import { Field } from "~/components/forms/Field";
import { TextInput } from "~/components/forms/TextInput";
import { count } from "~/services/text/format";
import type { InputColumn, InputShape, Row, Value } from "../signature/inputShape";
import { CellInput } from "./CellInput";
import type { CellError } from "./cells";

const ROWS_MAX = 20;
/** With more columns than this, fields are found by searching. */
const FIELDS_MAX = 40;
const SEARCH_COLUMNS_MIN = 16;

interface RowsFormProps {
  shape: InputShape;
  rows: readonly Row[];
  errors: readonly CellError[];
  onChange: (rows: readonly Row[]) => void;
}

export function RowsForm({ shape, rows, errors, onChange }: RowsFormProps) {
  const [search, setSearch] = useState("");
  if (rows.length > ROWS_MAX) {
    return (
      <EmptyState
        title={`${count(rows.length)} rows`}
        text={`The form shows ${ROWS_MAX} at most. Use the JSON view, or a CSV file.`}
      />
    );
  }
  const matching = shape.columns.filter(({ name }) =>
    name.toLowerCase().includes(search.toLowerCase()),
  );
  const replace = (index: number, row: Row) =>
    onChange(rows.map((each, at) => (at === index ? row : each)));
  return (
    <div className="flex flex-col gap-6">
      {shape.columns.length >= SEARCH_COLUMNS_MIN && (
        <TextInput
          type="search"
          aria-label="Find a column"
          placeholder={`Find among ${count(shape.columns.length)} columns`}
          value={search}
          onChange={({ target }) => setSearch(target.value)}
        />
      )}
      {rows.map((row, index) => (
        <RowFields
          // biome-ignore lint/suspicious/noArrayIndexKey: rows have no other identity
          key={index}
          index={index}
          isOnly={rows.length === 1}
          isText={shape.form === "texts"}
          columns={matching.slice(0, FIELDS_MAX)}
          row={row}
          errors={errors.filter((error) => error.row === index)}
          onChange={(name, value) => replace(index, { ...row, [name]: value })}
          onRemove={() => onChange(rows.filter((_, at) => at !== index))}
        />
      ))}
      {matching.length > FIELDS_MAX && (
        <p className="text-sm text-faint">
          {count(FIELDS_MAX)} of {count(matching.length)} columns are shown. Find the others by
          name; all of them are sent.
        </p>
      )}
      {rows.length < ROWS_MAX && (
        <Button
          variant="quiet"
          isSmall
          className="self-start"
          onClick={() => onChange([...rows, rows.at(-1) ?? shape.example])}
        >
          <Plus size={15} aria-hidden /> Add a row
        </Button>
      )}
    </div>
  );
}

interface RowFieldsProps {
  index: number;
  isOnly: boolean;
  isText: boolean;
  columns: readonly InputColumn[];
  row: Row;
  errors: readonly CellError[];
  onChange: (name: string, value: Value) => void;
  onRemove: () => void;
}

function RowFields(props: RowFieldsProps) {
  const { index, isOnly, isText, columns, row, errors, onChange, onRemove } = props;
  const otherErrors = errors.filter(({ column }) => !columns.some(({ name }) => name === column));
  return (
    <fieldset className={cx("min-w-0", !isOnly && "border-l-2 pl-4")}>
      <legend className={cx(isOnly ? "sr-only" : "mb-2 w-full")}>
        <span className="flex items-center justify-between gap-4 font-medium">
          Row {index + 1}
          {!isOnly && <IconButton icon={X} label={`Remove row ${index + 1}`} onClick={onRemove} />}
        </span>
      </legend>
      <div className={cx("grid gap-x-5 gap-y-4", !isText && "sm:grid-cols-2")}>
        {columns.map((column) => (
          <Field
            key={column.name}
            className="min-w-0"
            label={<ColumnLabel column={column} />}
            error={errors.find((error) => error.column === column.name)?.message}
          >
            <CellInput
              column={column}
              value={row[column.name]}
              isLong={isText}
              onChange={(value) => onChange(column.name, value)}
            />
          </Field>
        ))}
      </div>
      {otherErrors.map(({ column, message }) => (
        <p key={column} className="mt-2 text-sm text-danger [overflow-wrap:anywhere]">
          {column}: {message}
        </p>
      ))}
    </fieldset>
  );
}

function ColumnLabel({ column }: { column: InputColumn }) {
  return (
    <span className="flex items-baseline justify-between gap-3">
      <span className="min-w-0 [overflow-wrap:anywhere]">{column.name}</span>
      <span className="eyebrow shrink-0 font-normal">
        {column.kind}
        {column.isNullable && " or null"}
      </span>
    </span>
  );
}
