/** The input and output of a model, as a table of columns and as JSON Schema. */

import { useState } from "react";
import { Button } from "~/components/buttons/Button";
import { JsonView } from "~/components/data/JsonView";
import { type Column, Table } from "~/components/data/Table";
import { count, plural } from "~/services/text/format";
import { type InputColumn, type InputShape, inputShape } from "../signature/inputShape";
import { classLabels, displayValue } from "../signature/outputs";

const COLUMNS_MAX = 12;
const CLASSES_MAX = 30;

interface SignatureProps {
  inputSchema: unknown;
  outputSchema: unknown;
}

export function Signature({ inputSchema, outputSchema }: SignatureProps) {
  const shape = inputShape(inputSchema);
  return (
    <>
      <section aria-labelledby="input" className="mb-10">
        <h2 id="input" className="text-lg">
          Input
        </h2>
        <p className="mt-1 mb-3 text-sm text-soft">{describeInput(shape)}</p>
        {shape.columns.length > 0 && shape.form !== "texts" && <Columns shape={shape} />}
        <Schema of="input" value={inputSchema} />
      </section>
      <section aria-labelledby="output" className="mb-10">
        <h2 id="output" className="text-lg">
          Output
        </h2>
        <Outputs schema={outputSchema} />
        <Schema of="output" value={outputSchema} />
      </section>
    </>
  );
}

function Columns({ shape }: { shape: InputShape }) {
  const [showsAll, setShowsAll] = useState(false);
  const { columns, example } = shape;
  const tableColumns: Column<InputColumn>[] = [
    { title: "Column", isMain: true, cell: ({ name }) => name },
    {
      title: "Type",
      className: "whitespace-nowrap",
      cell: ({ kind }) => <span className="font-mono">{kind}</span>,
    },
    {
      title: "Null",
      className: "whitespace-nowrap",
      cell: ({ isNullable }) => (isNullable ? "may be" : "no"),
    },
    {
      title: "Example",
      cell: ({ name }) => <span className="font-mono">{displayValue(example[name])}</span>,
    },
  ];
  return (
    <>
      <Table
        label="Columns"
        columns={tableColumns}
        rows={showsAll ? columns : columns.slice(0, COLUMNS_MAX)}
        keyOf={({ name }) => name}
      />
      {columns.length > COLUMNS_MAX && (
        <Button variant="quiet" isSmall className="mt-2" onClick={() => setShowsAll(!showsAll)}>
          {showsAll ? "Show fewer" : `Show all ${count(columns.length)} columns`}
        </Button>
      )}
    </>
  );
}

function Outputs({ schema }: { schema: unknown }) {
  const outputs = classLabels(schema);
  if (outputs.length === 0) {
    return <p className="mt-1 text-sm text-soft">{describeOutput(schema)}</p>;
  }
  return outputs.map((classes, index) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: outputs have no names
    <div key={index} className="mt-2">
      <p className="text-sm text-soft">
        {outputs.length > 1 && `Output ${index + 1}: `}One of{" "}
        {plural(classes.length, "class", "classes")}
        {hasProbabilities(schema) && ", with the probability of each"}.
      </p>
      <ul className="mt-2 flex flex-wrap gap-1.5">
        {classes.slice(0, CLASSES_MAX).map((each) => (
          <li
            key={String(each)}
            className="rounded-sm border bg-raised px-2 text-sm [overflow-wrap:anywhere]"
          >
            {displayValue(each)}
          </li>
        ))}
        {classes.length > CLASSES_MAX && (
          <li className="text-sm text-faint">and {count(classes.length - CLASSES_MAX)} more</li>
        )}
      </ul>
    </div>
  ));
}

function Schema({ of, value }: { of: "input" | "output"; value: unknown }) {
  return (
    <details className="mt-3 text-sm">
      <summary className="w-fit text-faint hover:text-ink">As JSON Schema</summary>
      <div className="mt-2">
        <JsonView value={value} label={`JSON Schema of the ${of}`} />
      </div>
    </details>
  );
}

function describeInput({ form, columns }: InputShape): string {
  if (form === "texts") return "Texts, one for each row.";
  if (form === "unknown") return "Rows that the model's own schema describes.";
  const names = form === "named" ? "by name, or in this order" : "in this order";
  const isNumbered = columns.every(({ name }, index) => name === `x${index}`);
  const why = isNumbered ? " The model was fitted without names, so they are numbered." : "";
  return `${plural(columns.length, "column")}, ${names}.${why}`;
}

function describeOutput(schema: unknown): string {
  const predictions = (schema as { properties?: { predictions?: { items?: unknown } } } | null)
    ?.properties?.predictions?.items as { prefixItems?: unknown[]; type?: unknown } | undefined;
  if (predictions?.prefixItems)
    return `${plural(predictions.prefixItems.length, "value")} for each row.`;
  if (predictions?.type === "integer") return "A whole number for each row.";
  return "A number for each row.";
}

const hasProbabilities = (schema: unknown): boolean =>
  "probabilities" in ((schema as { properties?: object } | null)?.properties ?? {});
