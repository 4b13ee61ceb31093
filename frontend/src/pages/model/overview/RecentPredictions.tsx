import { Link } from "react-router";
import { ButtonLink } from "~/components/buttons/Button";
import { Status } from "~/components/data/Badge";
import { type Column, Table } from "~/components/data/Table";
import { Time } from "~/components/data/Time";
import { EmptyState } from "~/components/feedback/EmptyState";
import type { Schemas } from "~/services/api/client";
import { count, duration } from "~/services/text/format";
import { displayValue } from "../signature/outputs";

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
        <span className="font-medium">{summarizeOutput(record)}</span>
      ) : (
        <Status tone="danger">{(record.reason ?? record.status).replaceAll("_", " ")}</Status>
      ),
  },
  { title: "Version", isNumeric: true, cell: ({ version_number }) => version_number },
  { title: "Rows", isNumeric: true, cell: ({ rows }) => count(rows) },
  {
    title: "Latency",
    isNumeric: true,
    cell: ({ prediction_time }) => duration(prediction_time * 1000),
  },
];

/** The latest predictions; undefined while they are loading. */
export function RecentPredictions({ records }: { records: readonly Record[] | undefined }) {
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
          <EmptyState title="Not called yet" text="Every call is recorded here permanently.">
            <ButtonLink to="try">Try it</ButtonLink>
          </EmptyState>
        }
      />
    </section>
  );
}

/** The first outputs on one line. */
function summarizeOutput({ output_data }: Record): string {
  const predictions = output_data?.predictions;
  if (!Array.isArray(predictions)) return "–";
  const texts = predictions.slice(0, 3).map((each) => truncate(displayValue(each)));
  return predictions.length > 3 ? `${texts.join(", ")}, …` : texts.join(", ");
}

const truncate = (text: string): string => (text.length > 40 ? `${text.slice(0, 39)}…` : text);
