/** What a model answered, row by row, with how sure it was of each class. */

import { useState } from "react";
import { Button } from "~/components/ui/Button";
import { cx } from "~/components/ui/cx";
import { count, percent } from "~/services/format";
import { type Bar, type Output, outputsOf, shown } from "../try/answers";
import type { Answered } from "./summary";

const BARS_MAX = 12;
const ROWS_STEP = 10;

export function Outputs({ answer, schema }: { answer: Answered; schema: unknown }) {
  const [rowsMax, setRowsMax] = useState(ROWS_STEP);
  const rows = outputsOf(answer, schema);
  return (
    <>
      <ol className="flex flex-col gap-5">
        {rows.slice(0, rowsMax).map((outputs, row) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: an answer's rows are what they are for good
          <li key={row} className={rows.length > 1 ? "border-l pl-3" : undefined}>
            {rows.length > 1 && <p className="eyebrow mb-1">row {row + 1}</p>}
            {outputs.map((output, index) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: neither do they move
              <OneOutput key={index} output={output} />
            ))}
          </li>
        ))}
      </ol>
      {rows.length > rowsMax && (
        <Button isSmall className="mt-4" onClick={() => setRowsMax(rowsMax + 10 * ROWS_STEP)}>
          {count(rows.length - rowsMax)} more rows
        </Button>
      )}
    </>
  );
}

function OneOutput({ output }: { output: Output }) {
  return (
    <div className="mb-3 last:mb-0">
      <p className="text-lg font-medium [overflow-wrap:anywhere]">{shown(output.value)}</p>
      {output.bars.length > 0 && <Bars bars={output.bars} />}
    </div>
  );
}

function Bars({ bars }: { bars: readonly Bar[] }) {
  return (
    <dl className="mt-2 grid grid-cols-[minmax(3rem,auto)_minmax(4rem,1fr)_auto] items-center gap-x-3 gap-y-1 text-sm">
      {bars.slice(0, BARS_MAX).map(({ label, share, isAnswer }) => (
        <div key={label} className="col-span-3 grid grid-cols-subgrid items-center">
          <dt
            className={cx("max-w-40 truncate", isAnswer ? "font-medium" : "text-soft")}
            title={label}
          >
            {label}
          </dt>
          <dd aria-hidden className="h-2 bg-sunken">
            <span
              className={cx("block h-full", isAnswer ? "bg-accent" : "bg-rule-strong")}
              style={{ width: `${(share ?? 0) * 100}%` }}
            />
          </dd>
          <dd className="figures text-right">{percent(share)}</dd>
        </div>
      ))}
      {bars.length > BARS_MAX && (
        <p className="col-span-3 text-faint">and {count(bars.length - BARS_MAX)} less likely</p>
      )}
    </dl>
  );
}
