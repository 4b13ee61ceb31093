/** The outputs of a prediction, row by row, with class probabilities. */

import { useState } from "react";
import { Button } from "~/components/buttons/Button";
import { count } from "~/services/text/format";
import { toOutputs } from "../signature/outputs";
import { OutputList } from "../try-it/PredictionResult";
import type { PredictionOutput } from "./summary";

const ROWS_STEP = 10;

export function Outputs({ output, schema }: { output: PredictionOutput; schema: unknown }) {
  const [rowsMax, setRowsMax] = useState(ROWS_STEP);
  const rows = toOutputs(output, schema);
  return (
    <>
      <ol className="flex flex-col gap-5">
        {rows.slice(0, rowsMax).map((outputs, row) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: rows never change
          <li key={row} className={rows.length > 1 ? "border-l pl-3" : undefined}>
            {rows.length > 1 && <p className="eyebrow mb-1">row {row + 1}</p>}
            <OutputList outputs={outputs} />
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
