/** A bar a day. Part of each may be marked, as what failed is. */

import { count, day as dayOf } from "~/services/format";

export interface DayBar {
  /** ISO 8601. */
  day: string;
  value: number;
  /** How many of them are marked. */
  marked?: number;
}

interface DayBarsProps {
  title: string;
  /** What is counted, and what the marked ones are. */
  unit: string;
  markedUnit?: string;
  /** Null while they are not known. */
  bars: readonly DayBar[] | null;
}

export function DayBars({ title, unit, markedUnit, bars }: DayBarsProps) {
  const top = Math.max(1, ...(bars ?? []).map(({ value }) => value));
  const first = bars?.[0];
  const last = bars?.at(-1);
  return (
    <figure className="min-w-0">
      <figcaption className="mb-3 flex justify-between gap-4">
        <span className="font-medium">{title}</span>
        <span className="figures text-sm text-faint">at most {bars ? count(top) : "–"} a day</span>
      </figcaption>
      <div aria-hidden className="flex h-28 items-end gap-px border-b border-rule-strong">
        {bars?.map(({ day, value, marked = 0 }) => (
          <span
            key={day}
            title={`${dayOf(day)}: ${count(value)} ${unit}${marked ? `, ${count(marked)} ${markedUnit}` : ""}`}
            className="flex h-full min-w-0 flex-1 flex-col justify-end hover:bg-sunken"
          >
            <span className="bg-danger" style={{ height: `${(marked / top) * 100}%` }} />
            <span
              className="min-h-px bg-accent"
              style={{ height: `${((value - marked) / top) * 100}%` }}
            />
          </span>
        ))}
      </div>
      <div aria-hidden className="figures mt-1 flex h-4 justify-between text-xs text-faint">
        <span>{first && dayOf(first.day)}</span>
        <span>{last && dayOf(last.day)}</span>
      </div>
      <Figures title={title} unit={unit} markedUnit={markedUnit} bars={bars ?? []} />
    </figure>
  );
}

function Figures({ title, unit, markedUnit, bars }: DayBarsProps & { bars: readonly DayBar[] }) {
  return (
    <details className="mt-1 text-sm">
      <summary className="w-fit text-faint hover:text-ink">In figures</summary>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keys */}
      <section aria-label={title} tabIndex={0} className="mt-2 max-h-72 overflow-auto">
        <table aria-label={title} className="figures w-full text-left">
          <thead>
            <tr>
              <th scope="col" className="py-1 pr-4 font-medium">
                Day
              </th>
              <th scope="col" className="py-1 pr-4 text-right font-medium">
                {unit}
              </th>
              {markedUnit && (
                <th scope="col" className="py-1 text-right font-medium">
                  {markedUnit}
                </th>
              )}
            </tr>
          </thead>
          <tbody>
            {bars.map(({ day, value, marked = 0 }) => (
              <tr key={day} className="border-t">
                <th scope="row" className="py-1 pr-4 font-normal whitespace-nowrap">
                  {dayOf(day)}
                </th>
                <td className="py-1 pr-4 text-right">{count(value)}</td>
                {markedUnit && <td className="py-1 text-right">{count(marked)}</td>}
              </tr>
            ))}
          </tbody>
        </table>
      </section>
    </details>
  );
}
