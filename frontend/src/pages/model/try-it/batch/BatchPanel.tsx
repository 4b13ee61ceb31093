/** Predicts the rows of a CSV file and exports the results as CSV. */

import { FileUp } from "lucide-react";
import { useState } from "react";
import { Button } from "~/components/buttons/Button";
import { type Column, Table } from "~/components/data/Table";
import { Callout } from "~/components/feedback/Callout";
import { ProgressBar } from "~/components/feedback/ProgressBar";
import { FileDrop } from "~/components/forms/FileDrop";
import type { InputShape, Row } from "~/pages/model/signature/inputShape";
import { displayValue } from "~/pages/model/signature/outputs";
import { saveFile } from "~/services/api/download";
import { count, percent, plural } from "~/services/text/format";
import { CHUNK_ROWS_MAX, type Result, resultRow, resultsCsv } from "./batch";
import { type BatchFile, type BatchRun, useBatch } from "./useBatch";

const ROWS_SHOWN_MAX = 100;
const COLUMNS_SHOWN_MAX = 4;

interface BatchPanelProps {
  modelId: string;
  version: number | null;
  shape: InputShape;
  outputSchema: unknown;
}

export function BatchPanel({ modelId, version, shape, outputSchema }: BatchPanelProps) {
  const { file, refused, run, read, start, stop } = useBatch(modelId, version, shape);
  return (
    <div className="flex flex-col gap-5">
      <FileDrop
        label="Choose a CSV file"
        accept=".csv,.tsv,text/csv"
        onFile={(chosenFile) => void read(chosenFile)}
      >
        <FileUp size={20} strokeWidth={1.6} aria-hidden className="text-accent" />
        <span className="font-medium">{file?.name ?? "Drop a CSV file, or choose one"}</span>
        <span className="text-sm text-faint">{describeFormat(shape)}</span>
      </FileDrop>
      {refused && (
        <Callout tone="danger" isAlert className="whitespace-pre-line">
          {refused}
        </Callout>
      )}
      {file && (
        <BatchProgress
          file={file}
          run={run}
          onStart={() => void start()}
          onStop={stop}
          onSave={() =>
            saveFile(
              new Blob([resultsCsv(shape, file.rows, run.results, outputSchema)], {
                type: "text/csv",
              }),
              file.name.replace(/(\.\w+)?$/, "-predictions.csv"),
            )
          }
        />
      )}
      {file && run.results.length > 0 && (
        <BatchResults
          rows={file.rows}
          results={run.results}
          shape={shape}
          outputSchema={outputSchema}
        />
      )}
    </div>
  );
}

interface BatchProgressProps {
  file: BatchFile;
  run: BatchRun;
  onStart: () => void;
  onStop: () => void;
  onSave: () => void;
}

function BatchProgress({ file, run, onStart, onStop, onSave }: BatchProgressProps) {
  const { length } = file.rows;
  const doneRows = run.results.length;
  return (
    <div className="flex flex-col gap-3">
      <p className="text-sm text-soft [overflow-wrap:anywhere]">
        {plural(length, "row")}, sent in {plural(Math.ceil(length / CHUNK_ROWS_MAX), "call")}.
        {file.ignoredColumns.length > 0 &&
          ` Ignored, as the model has no such columns: ${file.ignoredColumns.join(", ")}.`}
      </p>
      {(run.isBusy || doneRows > 0) && (
        <>
          <ProgressBar label="Rows predicted" value={doneRows / length} />
          <p aria-live="polite" className="figures text-sm text-faint">
            {count(doneRows)} of {count(length)} predicted
          </p>
        </>
      )}
      {run.error && (
        <p role="alert" className="text-sm text-danger [overflow-wrap:anywhere]">
          {run.error}
        </p>
      )}
      <div className="flex flex-wrap gap-3">
        {run.isBusy ? (
          <Button onClick={onStop}>Stop</Button>
        ) : (
          <Button variant={doneRows === 0 ? "primary" : "plain"} onClick={onStart}>
            {doneRows === 0 ? `Predict ${plural(length, "row")}` : "Predict again"}
          </Button>
        )}
        {doneRows > 0 && !run.isBusy && (
          <Button variant="primary" onClick={onSave}>
            Save as CSV
          </Button>
        )}
      </div>
    </div>
  );
}

interface BatchResultsProps {
  rows: readonly Row[];
  results: readonly Result[];
  shape: InputShape;
  outputSchema: unknown;
}

interface ResultRow {
  index: number;
  row: Row;
  values: unknown[];
  probability: number | null;
}

function BatchResults({ rows, results, shape, outputSchema }: BatchResultsProps) {
  const [limit, setLimit] = useState(20);
  const lines = results.slice(0, limit).map((result, index): ResultRow => {
    const { values, probability } = resultRow(result, outputSchema);
    return { index, row: rows[index] ?? {}, values, probability };
  });
  const columns: Column<ResultRow>[] = [
    { title: "Row", isNumeric: true, cell: ({ index }) => count(index + 1) },
    {
      title: "Prediction",
      isMain: true,
      cell: ({ values }) => values.map((value) => displayValue(value)).join(", "),
    },
    { title: "Probability", isNumeric: true, cell: ({ probability }) => percent(probability) },
    ...shape.columns.slice(0, COLUMNS_SHOWN_MAX).map(
      ({ name, kind }): Column<ResultRow> => ({
        title: name,
        isNumeric: kind === "number" || kind === "integer",
        isMinor: true,
        cell: ({ row }) => displayValue(row[name]),
      }),
    ),
  ];
  return (
    <>
      <Table label="Results" columns={columns} rows={lines} keyOf={({ index }) => index} />
      {results.length > limit && (
        <div className="flex items-center justify-between gap-4 text-sm text-faint">
          <p>
            The first {count(limit)} of {count(results.length)}; all of them are in the file.
          </p>
          {limit < ROWS_SHOWN_MAX && (
            <Button isSmall onClick={() => setLimit(ROWS_SHOWN_MAX)}>
              Show more
            </Button>
          )}
        </div>
      )}
    </>
  );
}

function describeFormat({ form, columns }: InputShape): string {
  if (form === "texts") return "One column, named text, with a header.";
  const names = columns.map(({ name }) => name);
  const shownNames = names.slice(0, 3).join(", ");
  const more = names.length > 3 ? ` and ${count(names.length - 3)} more` : "";
  return form === "listed"
    ? `With a header; ${plural(columns.length, "column")} in the model's order, or named ${shownNames}${more}.`
    : `With a header. Columns are found by name: ${shownNames}${more}.`;
}
