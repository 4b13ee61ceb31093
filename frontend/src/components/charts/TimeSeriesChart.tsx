/** A chart of values over time. uPlot is loaded with the first chart that is shown. */

import { lazy, Suspense } from "react";
import { cx } from "~/components/cx";
import { Skeleton } from "~/components/feedback/Skeleton";
import { dateTime, decimal } from "~/services/text/format";
import type { TimeSeriesChartProps } from "./series";

const UPlotChart = lazy(() => import("./UPlotChart"));
const ROWS_MAX = 100;
/** Space for the legend, reserved before uPlot draws it. */
const LEGEND_HEIGHT = 28;

export function TimeSeriesChart(props: TimeSeriesChartProps) {
  const { title, height = 180 } = props;
  return (
    <figure className="mb-8 min-w-0">
      <figcaption className="mb-2 font-medium">{title}</figcaption>
      <div aria-hidden style={{ minHeight: height + LEGEND_HEIGHT }}>
        <Suspense
          fallback={
            <div style={{ height: height + LEGEND_HEIGHT }}>
              <Skeleton className="size-full" />
            </div>
          }
        >
          <UPlotChart {...props} height={height} />
        </Suspense>
      </div>
      <ValuesTable {...props} />
    </figure>
  );
}

/** The values as a table, for screen readers and for exact figures. */
function ValuesTable({ title, times, series, format = decimal }: TimeSeriesChartProps) {
  return (
    // Hidden rather than removed while there are no values, so that an opened table stays open.
    <details className={cx("mt-1 text-sm", times.length === 0 && "invisible")}>
      <summary className="w-fit text-faint hover:text-ink">In figures</summary>
      <section
        // biome-ignore lint/a11y/noNoninteractiveTabindex: it must be focusable to be scrolled by keyboard
        tabIndex={0}
        aria-label={`${title}, in figures`}
        className="mt-2 max-h-72 overflow-auto"
      >
        <table aria-label={title} className="figures w-full text-left">
          <thead>
            <tr>
              <th scope="col" className="py-1 pr-4 font-medium">
                Time
              </th>
              {series.map(({ label }) => (
                <th key={label} scope="col" className="py-1 pr-4 text-right font-medium">
                  {label}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {times.slice(-ROWS_MAX).map((time, row) => {
              const index = row + Math.max(0, times.length - ROWS_MAX);
              return (
                <tr key={time} className="border-t">
                  <th scope="row" className="py-1 pr-4 font-normal whitespace-nowrap">
                    {dateTime(time)}
                  </th>
                  {series.map(({ label, values }) => (
                    <td key={label} className="py-1 pr-4 text-right">
                      {format(values[index] ?? null)}
                    </td>
                  ))}
                </tr>
              );
            })}
          </tbody>
        </table>
      </section>
    </details>
  );
}
