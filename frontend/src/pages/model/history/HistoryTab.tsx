/** The predictions of a model, filtered by the URL, each with a detail panel. */

import { useCallback, useEffect, useRef } from "react";
import { Link, useSearchParams } from "react-router";
import { Button, ButtonLink } from "~/components/buttons/Button";
import { Status } from "~/components/data/Badge";
import { LoadMore } from "~/components/data/LoadMore";
import { type Column, Table } from "~/components/data/Table";
import { Time } from "~/components/data/Time";
import { useRowNavigation } from "~/components/data/useRowNavigation";
import { EmptyState } from "~/components/feedback/EmptyState";
import { ErrorState } from "~/components/feedback/ErrorState";
import type { Schemas } from "~/services/api/client";
import { usePagedList } from "~/services/api/pagedList";
import { count, duration } from "~/services/text/format";
import { useChangeQuery } from "~/services/urlQuery";
import { useModel } from "../ModelPage";
import { ExportMenu } from "./ExportMenu";
import { isFiltered, readFilters, toQuery, withoutFilters } from "./filters";
import { HistoryFilters } from "./HistoryFilters";
import { NewPredictions } from "./NewPredictions";
import { PredictionPanel } from "./PredictionPanel";
import { readOutput, summarizeInput, summarizeOutput } from "./summary";

type Prediction = Schemas["RecordView"];

const PATH = "/api/v1/models/{model_id}/history";
const NO_AUTO_REFETCH = { refetchOnWindowFocus: false, refetchOnReconnect: false };
const OPEN_PARAM = "prediction";

export default function HistoryTab() {
  const model = useModel();
  const [search] = useSearchParams();
  const changeQuery = useChangeQuery();
  const filters = readFilters(search);
  const query = toQuery(filters);
  const { rows, error, refetch, isPending, isStale, ...more } = usePagedList(
    PATH,
    { path: { model_id: model.id }, query },
    NO_AUTO_REFETCH,
  );
  const { hasMore, isLoadingMore, loadMore } = more;
  // With a selective filter, a page may be empty without being the last one.
  const isSearching = rows.length === 0 && hasMore;
  useEffect(() => {
    if (isSearching && !isLoadingMore) loadMore();
  });
  const openId = search.get(OPEN_PARAM);
  const open = useCallback(
    (id: string | null) => changeQuery((query) => withOpenPrediction(query, id)),
    [changeQuery],
  );
  const step = useCallback(
    (by: number) => {
      const next = rows[rows.findIndex(({ id }) => id === openId) + by];
      if (next) open(next.id);
    },
    [rows, openId, open],
  );
  useRowNavigation(openId === null ? null : step);
  useReturnToRow(openId);
  const clear = () => changeQuery(withoutFilters);
  return (
    <>
      <HistoryFilters modelId={model.id} filters={filters} onClear={clear}>
        <ExportMenu model={model} query={query} />
      </HistoryFilters>
      {error ? (
        <ErrorState error={error} onRetry={() => void refetch()} />
      ) : (
        <>
          <NewPredictions
            modelId={model.id}
            query={query}
            rows={rows}
            isSettled={!isPending && !isStale}
            total={more.total}
            onShow={() => void refetch()}
          />
          <Table
            label="Predictions"
            columns={columns(model, search)}
            rows={rows}
            keyOf={(call) => call.id}
            isPending={isPending || isSearching}
            isStale={isStale}
            empty={
              isFiltered(filters) ? (
                <EmptyState title="No matching calls" text="No call matches all of the filters.">
                  <Button onClick={clear}>Clear the filters</Button>
                </EmptyState>
              ) : (
                <EmptyState
                  title="Not called yet"
                  text="Each call is recorded here permanently, with its input and output."
                >
                  <ButtonLink to="../try" variant="primary">
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
          initialData={rows.find(({ id }) => id === openId)}
          model={model}
          onClose={() => open(null)}
        />
      )}
    </>
  );
}

function columns(
  model: Schemas["ModelView"],
  search: URLSearchParams,
): readonly Column<Prediction>[] {
  return [
    {
      title: "When",
      isMain: true,
      cell: ({ id, created_at }) => (
        <Link
          to={{ search: withOpenPrediction(search, id).toString() }}
          replace
          data-row-link={id}
          aria-current={search.get(OPEN_PARAM) === id}
          className="after:absolute after:inset-0 focus-visible:outline-none focus-visible:after:outline-2 focus-visible:after:-outline-offset-2 focus-visible:after:outline-accent"
        >
          <Time at={created_at} />
        </Link>
      ),
    },
    {
      title: "Outcome",
      cell: ({ status, reason }) => (
        <Status tone={status === "success" ? "success" : "danger"}>{reason ?? "succeeded"}</Status>
      ),
    },
    {
      title: "Version",
      isNumeric: true,
      cell: ({ version_number }) => version_number,
    },
    { title: "Rows", isNumeric: true, cell: ({ rows }) => count(rows) },
    {
      title: "Latency",
      isNumeric: true,
      cell: ({ prediction_time }) => duration(prediction_time * 1000),
    },
    {
      title: "Input",
      isMinor: true,
      className: "sm:max-w-0 sm:w-[32%]",
      cell: ({ input_data, rows }) => (
        <span className="font-mono text-xs sm:block sm:truncate">
          {summarizeInput(input_data, rows)}
        </span>
      ),
    },
    {
      title: "Output",
      className: "sm:max-w-0 sm:w-[28%]",
      cell: (call) => <OutputCell call={call} schema={model.output_schema} />,
    },
  ];
}

function OutputCell({ call, schema }: { call: Prediction; schema: unknown }) {
  const output = readOutput(call.output_data);
  if (output === null) {
    return <span className="line-clamp-3 text-danger sm:block sm:truncate">{call.error}</span>;
  }
  return <span className="sm:block sm:truncate">{summarizeOutput(output, schema)}</span>;
}

function withOpenPrediction(search: URLSearchParams, id: string | null): URLSearchParams {
  const next = new URLSearchParams(search);
  if (id === null) next.delete(OPEN_PARAM);
  else next.set(OPEN_PARAM, id);
  return next;
}

/** Returns the focus to its row when the panel closes. */
function useReturnToRow(openId: string | null): void {
  const last = useRef(openId);
  useEffect(() => {
    if (openId === null && last.current !== null) {
      document.querySelector<HTMLElement>(`[data-row-link="${CSS.escape(last.current)}"]`)?.focus();
    }
    last.current = openId;
  }, [openId]);
}
