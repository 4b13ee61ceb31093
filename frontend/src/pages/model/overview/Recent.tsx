import { Link } from "react-router";
import { Status } from "~/components/ui/Badge";
import { ButtonLink } from "~/components/ui/Button";
import { EmptyState } from "~/components/ui/EmptyState";
import { type Column, Table } from "~/components/ui/Table";
import { Time } from "~/components/ui/Time";
import type { Schemas } from "~/services/api";
import { count, duration } from "~/services/format";
import { shown } from "../try/answers";

const ROWS_MAX = 6;

type Record = Schemas["RecordView"];

const COLUMNS: readonly Column<Record>[] = [
  {
    title: "When",
    isMain: true,
    cell: ({ id, created_at }) => (
      <Link to={`history?prediction=${id}`} className="hover:text-accent hover:underline">
        <Time at={created_at} />
      </Link>
    ),
  },
  {
    title: "Outcome",
    cell: (record) =>
      record.status === "success" ? (
        <span className="font-medium">{answerOf(record)}</span>
      ) : (
        <Status tone="danger">{(record.reason ?? record.status).replaceAll("_", " ")}</Status>
      ),
  },
  { title: "Version", isFigure: true, cell: ({ version_number }) => version_number },
  { title: "Rows", isFigure: true, cell: ({ rows }) => count(rows) },
  {
    title: "Took",
    isFigure: true,
    cell: ({ prediction_time }) => duration(prediction_time * 1000),
  },
];

/** The last calls; undefined while they are on their way. */
export function Recent({ records }: { records: readonly Record[] | undefined }) {
  return (
    <section aria-labelledby="recent" className="mb-10">
      <div className="mb-2 flex items-baseline justify-between gap-4">
        <h2 id="recent" className="text-lg">
          Recent predictions
        </h2>
        {records && records.length > 0 && (
          <Link to="history" className="text-sm text-accent underline-offset-2 hover:underline">
            All of them
          </Link>
        )}
      </div>
      <Table
        label="Recent predictions"
        columns={COLUMNS}
        rows={records?.slice(0, ROWS_MAX) ?? []}
        keyOf={({ id }) => id}
        isPending={records === undefined}
        empty={
          <EmptyState title="Not called yet" text="Every call is written down here for good.">
            <ButtonLink to="try">Try it</ButtonLink>
          </EmptyState>
        }
      />
    </section>
  );
}

/** The first answers of a call, on one line. */
function answerOf({ output_data }: Record): string {
  const predictions = output_data?.predictions;
  if (!Array.isArray(predictions)) return "–";
  const texts = predictions.slice(0, 3).map((each) => cut(shown(each)));
  return predictions.length > 3 ? `${texts.join(", ")}, …` : texts.join(", ");
}

const cut = (text: string): string => (text.length > 40 ? `${text.slice(0, 39)}…` : text);
