/** The user's models: search, sort and delete. */

import { ArrowDown, ArrowUp, Trash2 } from "lucide-react";
import { useCallback, useMemo } from "react";
import { Link, useSearchParams } from "react-router";
import { Button, ButtonLink } from "~/components/buttons/Button";
import { IconButton } from "~/components/buttons/IconButton";
import { Status } from "~/components/data/Badge";
import { LoadMore } from "~/components/data/LoadMore";
import { type Column, Table } from "~/components/data/Table";
import { Time } from "~/components/data/Time";
import {
  focusFirstRow,
  neighbourRowLink,
  useRowNavigation,
} from "~/components/data/useRowNavigation";
import { EmptyState } from "~/components/feedback/EmptyState";
import { ErrorState } from "~/components/feedback/ErrorState";
import { PageFileDrop } from "~/components/forms/PageFileDrop";
import { PageHeader } from "~/components/layout/PageHeader";
import type { Schemas } from "~/services/api/client";
import { usePagedList } from "~/services/api/pagedList";
import { useOpenUpload } from "~/services/modelFile";
import { count } from "~/services/text/format";
import { useChangeQuery } from "~/services/urlQuery";
import { ModelFilters } from "./ModelFilters";
import {
  isFiltered,
  type ModelQuery,
  readModelQuery,
  type Sort,
  toApiQuery,
  toggleSort,
  withModelQuery,
} from "./modelQuery";
import { useIncrementalRows } from "./useIncrementalRows";
import { useModelDeletion } from "./useModelDeletion";

type Model = Schemas["ModelView"];

export default function ModelsPage() {
  const [search] = useSearchParams();
  const changeQuery = useChangeQuery();
  const modelQuery = readModelQuery(search);
  const query = toApiQuery(modelQuery);
  const { total, error, refetch, isPending, isStale, ...listing } = usePagedList("/api/v1/models", {
    query,
  });
  const { rows, ...more } = useIncrementalRows(JSON.stringify(query), listing);
  const { deletedIds, remove } = useModelDeletion();
  useRowNavigation(null);
  const openUpload = useOpenUpload();
  const shown = useMemo(() => rows.filter(({ id }) => !deletedIds.has(id)), [rows, deletedIds]);
  const totalLeft = total === null ? null : total - (rows.length - shown.length);
  const change = useCallback(
    (next: Partial<ModelQuery>) => changeQuery((query) => withModelQuery(query, next)),
    [changeQuery],
  );
  const { sort, order } = modelQuery;
  const columns = useMemo(
    () => modelColumns({ sort, order }, change, remove),
    [sort, order, change, remove],
  );
  if (error && rows.length === 0) {
    return (
      <>
        <PageHeader title="Models" />
        <ErrorState error={error} onRetry={() => void refetch()} />
      </>
    );
  }
  return (
    <>
      <PageFileDrop onFile={openUpload} />
      <PageHeader
        title="Models"
        text="Each has one address and numbered versions, one of which is live."
      >
        <ButtonLink to="/upload" variant="primary">
          Upload a model
        </ButtonLink>
      </PageHeader>
      <ModelFilters onArrowDown={focusFirstRow} />
      <Table
        label="Models"
        columns={columns}
        rows={shown}
        keyOf={(model) => model.id}
        isPending={isPending}
        isStale={isStale}
        empty={
          isFiltered(modelQuery) ? (
            <EmptyState title="No matching models" text="No model matches all of the filters.">
              <Button onClick={() => change({ search: "", state: null })}>Show all models</Button>
            </EmptyState>
          ) : (
            <EmptyState
              title="No model yet"
              text="A fitted scikit-learn estimator, saved by joblib or skops, or an ONNX file. Drop one anywhere on this page."
            >
              <ButtonLink to="/upload" variant="primary">
                Upload a model
              </ButtonLink>
            </EmptyState>
          )
        }
      />
      <LoadMore shown={shown.length} {...more} total={totalLeft} isAuto />
    </>
  );
}

function modelColumns(
  modelQuery: Pick<ModelQuery, "sort" | "order">,
  change: (next: Partial<ModelQuery>) => void,
  remove: (model: Model) => void,
): readonly Column<Model>[] {
  const sortable = (title: string, sort: Sort) => {
    const isSorted = modelQuery.sort === sort;
    const Arrow = modelQuery.order === "asc" ? ArrowUp : ArrowDown;
    return {
      title,
      sorted: isSorted ? (modelQuery.order === "asc" ? "ascending" : "descending") : undefined,
      header: (
        <button
          type="button"
          onClick={() => change(toggleSort(modelQuery, sort))}
          className="inline-flex items-center gap-1 hover:text-ink"
        >
          {title} {isSorted && <Arrow size={13} aria-hidden />}
        </button>
      ),
    } as const;
  };
  return [
    {
      ...sortable("Name", "name"),
      isMain: true,
      className: "sm:max-w-0 sm:w-[38%]",
      cell: (model) => <ModelName model={model} />,
    },
    { title: "Type", isMinor: true, cell: ({ model_type }) => <ModelType of={model_type} /> },
    { title: "Version", cell: (model) => <ServingVersion model={model} /> },
    { title: "State", cell: (model) => <ModelState model={model} /> },
    {
      ...sortable("Calls", "usage_count"),
      isNumeric: true,
      cell: (model) => count(model.usage_count),
    },
    {
      ...sortable("Changed", "updated_at"),
      isNumeric: true,
      cell: (model) => <Time at={model.updated_at} />,
    },
    {
      title: "Actions",
      header: <span className="sr-only">Actions</span>,
      className:
        "max-sm:before:hidden z-1 w-8 max-sm:absolute max-sm:top-1.5 max-sm:right-0 sm:relative",
      cell: (model) => (
        <IconButton
          icon={Trash2}
          label={`Delete ${model.name}`}
          onClick={({ currentTarget }) => {
            neighbourRowLink(currentTarget)?.focus();
            remove(model);
          }}
          className="-my-1.5"
        />
      ),
    },
  ];
}

function ModelName({ model: { id, name, description } }: { model: Model }) {
  return (
    <Link
      to={`/models/${id}`}
      data-row-link={id}
      title={name}
      className="block max-sm:pr-12 after:absolute after:inset-0 hover:text-accent focus-visible:outline-none focus-visible:after:outline-2 focus-visible:after:-outline-offset-2 focus-visible:after:outline-accent"
    >
      <span className="line-clamp-2 sm:block sm:truncate">{name}</span>
      {description && (
        <span className="block truncate text-sm font-normal text-faint">{description}</span>
      )}
    </Link>
  );
}

const ModelType = ({ of }: { of: string }) => <span className="font-mono text-xs">{of}</span>;

/** A label equal to the number is omitted. */
function ServingVersion({ model: { version, version_number } }: { model: Model }) {
  return (
    <span className="figures whitespace-nowrap" title={version}>
      {version_number}
      {version !== String(version_number) && (
        <span className="ml-1.5 inline-block max-w-24 truncate align-bottom text-faint">
          {version}
        </span>
      )}
    </span>
  );
}

function ModelState({ model: { is_active, is_quarantined } }: { model: Model }) {
  if (!is_active) return <Status>Inactive</Status>;
  return is_quarantined ? (
    <Status tone="danger">Quarantined</Status>
  ) : (
    <Status tone="success">Active</Status>
  );
}
