/** Every call of a model: found by filters that the address holds, each with a panel of its own. */

import { useCallback, useEffect, useRef } from "react";
import { Link, useSearchParams } from "react-router";
import { Status } from "~/components/ui/Badge";
import { Button, ButtonLink } from "~/components/ui/Button";
import { EmptyState } from "~/components/ui/EmptyState";
import { ErrorState } from "~/components/ui/ErrorState";
import { LoadMore } from "~/components/ui/LoadMore";
import { type Column, Table } from "~/components/ui/Table";
import { Time } from "~/components/ui/Time";
import { useRowKeys } from "~/components/ui/useRowKeys";
import type { Schemas } from "~/services/api";
import { count, duration } from "~/services/format";
import { useListing } from "~/services/listing";
import { ExportMenu } from "./history/ExportMenu";
import { filtersIn, isFiltered, queryOf, withoutFilters } from "./history/filters";
import { HistoryFilters } from "./history/HistoryFilters";
import { NewCalls } from "./history/NewCalls";
import { PredictionPanel } from "./history/PredictionPanel";
import { answerOf, inputLine, outputLine } from "./history/summary";
import { useModel } from "./ModelPage";

type Call = Schemas["RecordView"];

const PATH = "/api/v1/models/{model_id}/history";
const HELD = { refetchOnWindowFocus: false, refetchOnReconnect: false };
const OPEN = "prediction";

export default function HistoryTab() {
  const model = useModel();
  const [search, setSearch] = useSearchParams();
  const filters = filtersIn(search);
  const query = queryOf(filters);
  const { rows, error, refetch, isPending, isStale, ...more } = useListing(
    PATH,
    { path: { model_id: model.id }, query },
    HELD,
  );
  const { hasMore, isLoadingMore, loadMore } = more;
  // Where few of very many are looked for, a page may be empty without being the last.
  const isSearching = rows.length === 0 && hasMore;
  useEffect(() => {
    if (isSearching && !isLoadingMore) loadMore();
  });
  const openId = search.get(OPEN);
  const open = useCallback(
    (id: string | null) => setSearch((before) => opened(before, id), { replace: true }),
    [setSearch],
  );
  const step = useCallback(
    (by: number) => {
      const next = rows[rows.findIndex(({ id }) => id === openId) + by];
      if (next) open(next.id);
    },
    [rows, openId, open],
  );
  useRowKeys(openId === null ? null : step);
  useReturnToRow(openId);
  const clear = () => setSearch(withoutFilters(search), { replace: true });
  return (
    <>
      <HistoryFilters modelId={model.id} filters={filters} onClear={clear}>
        <ExportMenu model={model} query={query} />
      </HistoryFilters>
      {error ? (
        <ErrorState error={error} onRetry={() => void refetch()} />
      ) : (
        <>
          <NewCalls
            modelId={model.id}
            query={query}
            rows={rows}
            isSettled={!isPending && !isStale}
            total={more.total}
            onShow={() => void refetch()}
          />
          <Table
            label="Predictions"
            columns={columnsOf(model, search)}
            rows={rows}
            keyOf={(call) => call.id}
            isPending={isPending || isSearching}
            isStale={isStale}
            empty={
              isFiltered(filters) ? (
                <EmptyState title="No call is like that" text="None meets all of the filters.">
                  <Button onClick={clear}>Clear the filters</Button>
                </EmptyState>
              ) : (
                <EmptyState
                  title="Not called yet"
                  text="Each call is kept here, with what was asked and what was answered, for good."
                >
                  <ButtonLink to="../try" look="primary">
                    Try it
                  </ButtonLink>
                </EmptyState>
              )
            }
          />
          <LoadMore shown={rows.length} {...more} />
        </>
      )}
      {openId !== null && (
        <PredictionPanel
          id={openId}
          known={rows.find(({ id }) => id === openId)}
          model={model}
          onClose={() => open(null)}
        />
      )}
    </>
  );
}

function columnsOf(model: Schemas["ModelView"], search: URLSearchParams): readonly Column<Call>[] {
  return [
    {
      title: "When",
      isMain: true,
      cell: ({ id, created_at }) => (
        <Link
          to={{ search: opened(search, id).toString() }}
          replace
          data-row-link={id}
          aria-current={search.get(OPEN) === id}
          className="after:absolute after:inset-0 focus-visible:outline-none focus-visible:after:outline-2 focus-visible:after:-outline-offset-2 focus-visible:after:outline-accent"
        >
          <Time at={created_at} />
        </Link>
      ),
    },
    {
      title: "Outcome",
      cell: ({ status, reason }) => (
        <Status tone={status === "success" ? "success" : "danger"}>{reason ?? "answered"}</Status>
      ),
    },
    {
      title: "Version",
      isFigure: true,
      cell: ({ version_number }) => version_number,
    },
    { title: "Rows", isFigure: true, cell: ({ rows }) => count(rows) },
    {
      title: "Took",
      isFigure: true,
      cell: ({ prediction_time }) => duration(prediction_time * 1000),
    },
    {
      title: "Asked",
      isMinor: true,
      className: "sm:max-w-0 sm:w-[32%]",
      cell: ({ input_data, rows }) => (
        <span className="font-mono text-xs sm:block sm:truncate">
          {inputLine(input_data, rows)}
        </span>
      ),
    },
    {
      title: "Answer",
      className: "sm:max-w-0 sm:w-[28%]",
      cell: (call) => <Answer call={call} schema={model.output_schema} />,
    },
  ];
}

function Answer({ call, schema }: { call: Call; schema: unknown }) {
  const answer = answerOf(call.output_data);
  if (answer === null) {
    return <span className="line-clamp-3 text-danger sm:block sm:truncate">{call.error}</span>;
  }
  return <span className="sm:block sm:truncate">{outputLine(answer, schema)}</span>;
}

function opened(search: URLSearchParams, id: string | null): URLSearchParams {
  const next = new URLSearchParams(search);
  if (id === null) next.delete(OPEN);
  else next.set(OPEN, id);
  return next;
}

/** When the panel is closed, the keys go on from the row that it was about. */
function useReturnToRow(openId: string | null): void {
  const last = useRef(openId);
  useEffect(() => {
    if (openId === null && last.current !== null) {
      document.querySelector<HTMLElement>(`[data-row-link="${CSS.escape(last.current)}"]`)?.focus();
    }
    last.current = openId;
  }, [openId]);
}
