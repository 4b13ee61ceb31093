/** A dense table, whose rows become small cards on phones. */

import { memo, type ReactNode } from "react";
import { cx } from "~/components/cx";
import { Skeleton } from "~/components/feedback/Skeleton";
import { DASH } from "~/services/text/format";

export interface Column<Row> {
  /** Its heading; on phones it stands before the cell, if that holds anything. */
  title: string;
  /** Null where there is nothing; then it is a dash, or on phones left out. */
  cell: (row: Row) => ReactNode;
  /** Figures stand right, below each other. */
  isNumeric?: boolean;
  /** Hidden where the screen is narrower than a laptop's. */
  isMinor?: boolean;
  /** Buttons, at the end of the row: its title is for those who do not see it. */
  isActions?: boolean;
  /** On phones: the heading of the card. */
  isMain?: boolean;
  /** For `aria-sort`, with a button in `title`'s place. */
  sorted?: "ascending" | "descending";
  header?: ReactNode;
  className?: string;
}

interface TableProps<Row> {
  /** What it lists, for those who do not see it. */
  label: string;
  columns: readonly Column<Row>[];
  rows: readonly Row[];
  keyOf: (row: Row) => string | number;
  isPending?: boolean;
  /** Whether the rows are those of a question asked before. */
  isStale?: boolean;
  /** Shown below a row, over its whole width. */
  detail?: (row: Row) => ReactNode;
  /** Instead of rows where there are none. */
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

/** Drawn anew only where its row or the columns are others: lists may be long. */
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
