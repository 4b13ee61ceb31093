/** All models of a person: found, put in order and deleted without leaving the page. */

import { ArrowDown, ArrowUp, Trash2 } from "lucide-react";
import { useCallback, useMemo, useRef } from "react";
import { Link, useSearchParams } from "react-router";
import { Status } from "~/components/ui/Badge";
import { Button, ButtonLink } from "~/components/ui/Button";
import { EmptyState } from "~/components/ui/EmptyState";
import { ErrorState } from "~/components/ui/ErrorState";
import { IconButton } from "~/components/ui/IconButton";
import { LoadMore } from "~/components/ui/LoadMore";
import { PageHeader } from "~/components/ui/PageHeader";
import { type Column, Table } from "~/components/ui/Table";
import { Time } from "~/components/ui/Time";
import { focusFirstRow, neighbourOf, useRowKeys } from "~/components/ui/useRowKeys";
import type { Schemas } from "~/services/api";
import { count } from "~/services/format";
import { useHandOver } from "~/services/handover";
import { useListing } from "~/services/listing";
import { ModelFilters } from "./models/ModelFilters";
import { useDeleting } from "./models/useDeleting";
import { useUnfolding } from "./models/useUnfolding";
import {
  isFiltered,
  pressed,
  queryOf,
  type Sort,
  type Wanted,
  wantedIn,
  withWanted,
} from "./models/wanted";
import { DropAnywhere } from "./upload/DropAnywhere";

type Model = Schemas["ModelView"];

export default function ModelsPage() {
  const [search, setSearch] = useSearchParams();
  const wanted = wantedIn(search);
  const query = queryOf(wanted);
  const { total, error, refetch, isPending, isStale, ...listing } = useListing("/api/v1/models", {
    query,
  });
  const { rows, ...more } = useUnfolding(JSON.stringify(query), listing);
  const { gone, remove } = useDeleting();
  useRowKeys(null);
  const handOver = useHandOver();
  const shown = useMemo(() => rows.filter(({ id }) => !gone.has(id)), [rows, gone]);
  const left = total === null ? null : total - (rows.length - shown.length);
  const latest = useRef(setSearch);
  latest.current = setSearch;
  const change = useCallback(
    (next: Partial<Wanted>) =>
      latest.current((before) => withWanted(before, next), { replace: true }),
    [],
  );
  const { sort, order } = wanted;
  const columns = useMemo(
    () => columnsOf({ sort, order }, change, remove),
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
      <DropAnywhere onFile={handOver} />
      <PageHeader
        title="Models"
        text="Each is an address with numbered versions, of which one serves."
      >
        <ButtonLink to="/upload" look="primary">
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
          isFiltered(wanted) ? (
            <EmptyState title="No model is like that" text="None meets all that is asked for.">
              <Button onClick={() => change({ search: "", state: null })}>Show all models</Button>
            </EmptyState>
          ) : (
            <EmptyState
              title="No model yet"
              text="A fitted scikit-learn estimator, saved by joblib or skops, or an ONNX file. Drop one anywhere on this page."
            >
              <ButtonLink to="/upload" look="primary">
                Upload a model
              </ButtonLink>
            </EmptyState>
          )
        }
      />
      <LoadMore shown={shown.length} {...more} total={left} isAuto />
    </>
  );
}

function columnsOf(
  wanted: Pick<Wanted, "sort" | "order">,
  change: (next: Partial<Wanted>) => void,
  remove: (model: Model) => void,
): readonly Column<Model>[] {
  const sortable = (title: string, sort: Sort) => {
    const isBy = wanted.sort === sort;
    const Arrow = wanted.order === "asc" ? ArrowUp : ArrowDown;
    return {
      title,
      sorted: isBy ? (wanted.order === "asc" ? "ascending" : "descending") : undefined,
      header: (
        <button
          type="button"
          onClick={() => change(pressed(wanted, sort))}
          className="inline-flex items-center gap-1 hover:text-ink"
        >
          {title} {isBy && <Arrow size={13} aria-hidden />}
        </button>
      ),
    } as const;
  };
  return [
    {
      ...sortable("Name", "name"),
      isMain: true,
      className: "sm:max-w-0 sm:w-[38%]",
      cell: (model) => <Name model={model} />,
    },
    { title: "Type", isMinor: true, cell: ({ model_type }) => <Type of={model_type} /> },
    { title: "Version", cell: (model) => <Version model={model} /> },
    { title: "State", cell: (model) => <State model={model} /> },
    {
      ...sortable("Calls", "usage_count"),
      isFigure: true,
      cell: (model) => count(model.usage_count),
    },
    {
      ...sortable("Changed", "updated_at"),
      isFigure: true,
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
            neighbourOf(currentTarget)?.focus();
            remove(model);
          }}
          className="-my-1.5"
        />
      ),
    },
  ];
}

function Name({ model: { id, name, description } }: { model: Model }) {
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

const Type = ({ of }: { of: string }) => <span className="font-mono text-xs">{of}</span>;

/** A label that only repeats the number says nothing. */
function Version({ model: { version, version_number } }: { model: Model }) {
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

function State({ model: { is_active, is_quarantined } }: { model: Model }) {
  if (!is_active) return <Status>Inactive</Status>;
  return is_quarantined ? (
    <Status tone="danger">Quarantined</Status>
  ) : (
    <Status tone="success">Active</Status>
  );
}
