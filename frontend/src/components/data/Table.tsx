/** A table whose rows become cards on phones. */

import { memo, type ReactNode } from "react";
import { cx } from "~/components/cx";
import { Skeleton } from "~/components/feedback/Skeleton";
import { DASH } from "~/services/text/format";

export interface Column<Row> {
  /** The heading; on phones, the label of the cell if it has content. */
  title: string;
  /** Return null for no value: a dash on wide screens, nothing on phones. */
  cell: (row: Row) => ReactNode;
  /** Aligns to the right with tabular digits. */
  isNumeric?: boolean;
  /** Hidden below the width of a laptop. */
  isMinor?: boolean;
  /** Buttons at the end of the row; the title is for screen readers only. */
  isActions?: boolean;
  /** On phones, the heading of the card. */
  isMain?: boolean;
  /** For `aria-sort`; the sort button goes into `header`. */
  sorted?: "ascending" | "descending";
  header?: ReactNode;
  className?: string;
}

interface TableProps<Row> {
  /** The accessible name. */
  label: string;
  columns: readonly Column<Row>[];
  rows: readonly Row[];
  keyOf: (row: Row) => string | number;
  isPending?: boolean;
  /** Whether the rows belong to the previous query. */
  isStale?: boolean;
  /** Content below a row, across all columns. */
  detail?: (row: Row) => ReactNode;
  /** Shown when there are no rows. */
  empty?: ReactNode;
}

const SKELETON_ROWS = 6;

export function Table<Row>({
  label,
  columns,
  rows,
  keyOf,
  isPending,
  isStale,
  detail,
  empty,
}: TableProps<Row>) {
  if (!isPending && rows.length === 0 && empty) return empty;
  return (
    <table
      aria-label={label}
      aria-busy={isPending || isStale}
      className={cx(
        "block w-full text-sm sm:table sm:border-collapse",
        isStale && "opacity-60 transition-opacity",
      )}
    >
      <thead className="sr-only sm:not-sr-only sm:table-header-group">
        <tr>
          {columns.map((column) => (
            <th
              key={column.title}
              scope="col"
              aria-sort={column.sorted}
              className={cx(
                "sticky top-0 z-1 bg-paper px-3 py-2 text-left font-medium text-soft shadow-[inset_0_-1px_var(--rule-strong)] first:pl-0 last:pr-0",
                (column.isNumeric || column.isActions) && "text-right",
                column.isMinor && "sm:max-lg:hidden",
              )}
            >
              {column.isActions ? (
                <span className="sr-only">{column.title}</span>
              ) : (
                (column.header ?? column.title)
              )}
            </th>
          ))}
        </tr>
      </thead>
      <tbody className="block sm:table-row-group">
        {isPending ? (
          <SkeletonRows columns={columns} />
        ) : (
          rows.map((row) => (
            <TableRow key={keyOf(row)} row={row} columns={columns} detail={detail} />
          ))
        )}
      </tbody>
    </table>
  );
}

/** Memoized, as lists may be long: rendered again only when its row or the columns change. */
const TableRow = memo(TableRowContent) as typeof TableRowContent;

function TableRowContent<Row>({
  row,
  columns,
  detail,
}: Pick<TableProps<Row>, "columns" | "detail"> & { row: Row }) {
  const below = detail?.(row);
  return (
    <>
      <tr className="relative block border-b py-3 transition-colors hover:bg-raised has-aria-[current=true]:bg-accent-soft sm:table-row sm:py-0">
        {columns.map((column) => (
          <Cell key={column.title} column={column} content={column.cell(row)} />
        ))}
      </tr>
      {below && (
        <tr className="block border-b bg-raised sm:table-row">
          <td colSpan={columns.length} className="block p-4 sm:table-cell">
            {below}
          </td>
        </tr>
      )}
    </>
  );
}

function Cell<Row>({ column, content }: { column: Column<Row>; content: ReactNode }) {
  const { title, isMain, isActions, isNumeric, isMinor, className } = column;
  const isEmpty = content == null || content === DASH;
  return (
    <td
      data-title={title}
      className={cx(
        "flex justify-between gap-4 py-0.5 sm:table-cell sm:px-3 sm:py-2 sm:align-baseline sm:first:pl-0 sm:last:pr-0",
        isMain && "text-base font-medium sm:text-sm",
        isActions && "justify-end sm:text-right",
        isMain || isActions
          ? ""
          : "before:shrink-0 before:text-faint before:content-[attr(data-title)] sm:before:content-none",
        isNumeric && "figures sm:text-right sm:whitespace-nowrap",
        isMinor && "sm:max-lg:hidden",
        isEmpty && "max-sm:hidden",
        className,
      )}
    >
      <span
        className={cx("min-w-0 [overflow-wrap:anywhere]", !isMain && "text-right sm:text-left")}
      >
        {isEmpty && !isActions ? <span className="text-faint">{DASH}</span> : content}
      </span>
    </td>
  );
}

function SkeletonRows<Row>({ columns }: { columns: readonly Column<Row>[] }) {
  return Array.from({ length: SKELETON_ROWS }, (_, index) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: these rows are all alike
    <tr key={index} className="block border-b sm:table-row">
      {columns.map((column) => (
        <td
          key={column.title}
          className={cx(
            "block py-1.5 sm:table-cell sm:px-3 sm:py-2.5 sm:first:pl-0",
            column.isMinor && "sm:max-lg:hidden",
          )}
        >
          <Skeleton className={cx("h-4", column.isMain ? "w-40 max-w-full" : "w-16")} />
        </td>
      ))}
    </tr>
  ));
}
