/** Two states side by side, with differences highlighted. */

import { cx } from "~/components/cx";
import type { Fact } from "./schemaDiff";

interface ComparisonTableProps {
  label: string;
  /** The headings of the two columns; with only one, no comparison is shown. */
  headings: readonly [string, string] | readonly [string];
  facts: readonly Fact[];
}

export function ComparisonTable({ label, headings: [before, after], facts }: ComparisonTableProps) {
  return (
    <table aria-label={label} className="block w-full text-sm sm:table sm:table-fixed">
      <colgroup>
        <col className="w-32" />
      </colgroup>
      <thead className={cx("sr-only", after && "sm:not-sr-only sm:table-header-group")}>
        <tr className="text-left text-soft">
          <th scope="col">
            <span className="sr-only">What</span>
          </th>
          <th scope="col" className="py-1.5 pr-3 font-medium [overflow-wrap:anywhere]">
            {before}
          </th>
          {after && (
            <th scope="col" className="py-1.5 font-medium [overflow-wrap:anywhere]">
              {after}
            </th>
          )}
        </tr>
      </thead>
      <tbody className="block border-b sm:table-row-group">
        {facts.map((fact) => (
          <FactRow key={fact.name} fact={fact} headings={after ? [before, after] : [before]} />
        ))}
      </tbody>
    </table>
  );
}

export const isChanged = ({ before, after, isExpected }: Fact): boolean =>
  before !== after && !isExpected;

function FactRow({
  fact,
  headings: [before, after],
}: Pick<ComparisonTableProps, "headings"> & { fact: Fact }) {
  const isMarked = after !== undefined && isChanged(fact);
  return (
    <tr
      className={cx(
        "block border-t py-2 transition-colors sm:table-row sm:py-0 sm:align-top",
        isMarked && "bg-accent-soft max-sm:-mx-3 max-sm:px-3",
      )}
    >
      <th
        scope="row"
        className={cx(
          "block text-left font-normal sm:table-cell sm:py-2 sm:pr-3 sm:pl-3",
          isMarked ? "font-medium text-accent sm:shadow-[inset_3px_0_var(--accent)]" : "text-soft",
        )}
      >
        {fact.name}
      </th>
      <FactValue
        name={after && fact.before !== fact.after ? before : undefined}
        text={fact.before}
        isCode={fact.isCode}
      />
      {after &&
        (fact.before !== fact.after ? (
          <FactValue name={after} text={fact.after} isCode={fact.isCode} />
        ) : (
          <td className="hidden text-faint sm:table-cell sm:py-2 sm:pr-2">the same</td>
        ))}
    </tr>
  );
}

/**
 * The key restarts the animation when the text changes. On phones each value has its own heading.
 */
function FactValue({ name, text, isCode }: { name?: string; text: string; isCode?: boolean }) {
  return (
    <td className="flex gap-3 py-0.5 sm:table-cell sm:py-2 sm:pr-3">
      {name && (
        <span aria-hidden className="w-16 shrink-0 truncate text-soft sm:hidden">
          {name}
        </span>
      )}
      <span
        key={text}
        className={cx(
          "block min-w-0 animate-arrive whitespace-pre-wrap [overflow-wrap:anywhere]",
          isCode && "font-mono text-xs leading-5",
        )}
      >
        {text}
      </span>
    </td>
  );
}
