/** Many rows at once: a CSV file in, its answers as a table and as a CSV file out. */

import { FileUp } from "lucide-react";
import { useState } from "react";
import { Button } from "~/components/ui/Button";
import { FileDrop } from "~/components/ui/FileDrop";
import { Note } from "~/components/ui/Note";
import { Progress } from "~/components/ui/Progress";
import { type Column, Table } from "~/components/ui/Table";
import { save } from "~/services/download";
import { count, percent, plural } from "~/services/format";
import { shown } from "./answers";
import { lineOf, PART_ROWS_MAX, type Result, resultsCsv } from "./batch";
import type { InputShape, Row } from "./inputs";
import { type BatchFile, type Run, useBatch } from "./useBatch";

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
        onFile={(given) => void read(given)}
      >
        <FileUp size={20} strokeWidth={1.6} aria-hidden className="text-accent" />
        <span className="font-medium">{file?.name ?? "Drop a CSV file, or choose one"}</span>
        <span className="text-sm text-faint">{explained(shape)}</span>
      </FileDrop>
      {refused && (
        <Note tone="danger" isAlert className="whitespace-pre-line">
          {refused}
        </Note>
      )}
      {file && (
        <Running
          file={file}
          run={run}
          onStart={() => void start()}
          onStop={stop}
          onSave={() =>
            save(
              new Blob([resultsCsv(shape, file.rows, run.results, outputSchema)], {
                type: "text/csv",
              }),
              file.name.replace(/(\.\w+)?$/, "-predictions.csv"),
            )
          }
        />
      )}
      {file && run.results.length > 0 && (
        <Results rows={file.rows} results={run.results} shape={shape} outputSchema={outputSchema} />
      )}
    </div>
  );
}

interface RunningProps {
  file: BatchFile;
  run: Run;
  onStart: () => void;
  onStop: () => void;
  onSave: () => void;
}

function Running({ file, run, onStart, onStop, onSave }: RunningProps) {
  const { length } = file.rows;
  const done = run.results.length;
  return (
    <div className="flex flex-col gap-3">
      <p className="text-sm text-soft [overflow-wrap:anywhere]">
        {plural(length, "row")}, asked in {plural(Math.ceil(length / PART_ROWS_MAX), "call")}.
        {file.leftOut.length > 0 &&
          ` Left out, as the model has no such columns: ${file.leftOut.join(", ")}.`}
      </p>
      {(run.isBusy || done > 0) && (
        <>
          <Progress label="Rows answered" value={done / length} />
          <p aria-live="polite" className="figures text-sm text-faint">
            {count(done)} of {count(length)} answered
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
          <Button look={done === 0 ? "primary" : "plain"} onClick={onStart}>
            {done === 0 ? `Predict ${plural(length, "row")}` : "Ask again"}
          </Button>
        )}
        {done > 0 && !run.isBusy && (
          <Button look="primary" onClick={onSave}>
            Save as CSV
          </Button>
        )}
      </div>
    </div>
  );
}

interface ResultsProps {
  rows: readonly Row[];
  results: readonly Result[];
  shape: InputShape;
  outputSchema: unknown;
}

interface Line {
  index: number;
  row: Row;
  values: unknown[];
  share: number | null;
}

function Results({ rows, results, shape, outputSchema }: ResultsProps) {
  const [limit, setLimit] = useState(20);
  const lines = results.slice(0, limit).map((result, index): Line => {
    const { values, share } = lineOf(result, outputSchema);
    return { index, row: rows[index] ?? {}, values, share };
  });
  const columns: Column<Line>[] = [
    { title: "Row", isFigure: true, cell: ({ index }) => count(index + 1) },
    {
      title: "Prediction",
      isMain: true,
      cell: ({ values }) => values.map((value) => shown(value)).join(", "),
    },
    { title: "Probability", isFigure: true, cell: ({ share }) => percent(share) },
    ...shape.columns.slice(0, COLUMNS_SHOWN_MAX).map(
      ({ name, kind }): Column<Line> => ({
        title: name,
        isFigure: kind === "number" || kind === "integer",
        isMinor: true,
        cell: ({ row }) => shown(row[name]),
      }),
    ),
  ];
  return (
    <>
      <Table label="Answers" columns={columns} rows={lines} keyOf={({ index }) => index} />
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

function explained({ form, columns }: InputShape): string {
  if (form === "texts") return "One column, named text, with a header.";
  const names = columns.map(({ name }) => name);
  const shownNames = names.slice(0, 3).join(", ");
  const more = names.length > 3 ? ` and ${count(names.length - 3)} more` : "";
  return form === "listed"
    ? `With a header; ${plural(columns.length, "column")} in the model's order, or named ${shownNames}${more}.`
    : `With a header. Columns are found by name: ${shownNames}${more}.`;
}
