/** uPlot within React: drawn anew when the theme or the lines change, fed anew when only data does. */

import { useEffect, useRef } from "react";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import "./chart.css";
import { useTheme } from "~/context/ThemeContext";
import { absolute, figure } from "~/services/format";
import type { Series, TimeSeriesProps } from "./TimeSeries";

const AXIS_FONT = '12px "Schibsted Grotesk", sans-serif';

export default function Chart({
  times,
  series,
  format = figure,
  height = 180,
  group,
}: TimeSeriesProps) {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot>(null);
  const { theme } = useTheme();
  const shape = series
    .map(({ label, tone, isDashed, isFilled }) => [label, tone, isDashed, isFilled].join())
    .join(";");
  const latest = useRef({ times, series, format });
  latest.current = { times, series, format };

  // biome-ignore lint/correctness/useExhaustiveDependencies: `shape` and `theme` say when to draw anew
  useEffect(() => {
    if (!place.current) return;
    const element = place.current;
    const { times, series, format } = latest.current;
    const drawn = new uPlot(
      optionsOf(series, format, element.clientWidth, height, group),
      dataOf(times, series),
      element,
    );
    plot.current = drawn;
    const resized = new ResizeObserver(() => drawn.setSize({ width: element.clientWidth, height }));
    resized.observe(element);
    return () => {
      resized.disconnect();
      drawn.destroy();
      plot.current = null;
    };
  }, [shape, theme, height, group]);
  useEffect(() => plot.current?.setData(dataOf(times, series)), [times, series]);
  return <div ref={place} className="w-full min-w-0" />;
}

const dataOf = (times: TimeSeriesProps["times"], series: readonly Series[]): uPlot.AlignedData => [
  times.map((time) => new Date(time).getTime() / 1000),
  ...series.map(({ values }) => [...values]),
];

type Format = NonNullable<TimeSeriesProps["format"]>;

function optionsOf(
  series: readonly Series[],
  format: Format,
  width: number,
  height: number,
  group?: string,
): uPlot.Options {
  const colour = (name: string) =>
    getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
  const axis: uPlot.Axis = {
    stroke: colour("faint"),
    font: AXIS_FONT,
    grid: { stroke: colour("rule"), width: 1 },
    ticks: { show: false },
  };
  return {
    width,
    height,
    cursor: {
      sync: group ? { key: group } : undefined,
      points: { size: 6 },
      drag: { x: false, y: false },
    },
    legend: { live: true },
    scales: { y: { range: (_, __, top) => [0, top > 0 ? top * 1.1 : 1] } },
    axes: [
      { ...axis, size: 28, grid: { show: false }, values: (_, ticks) => ticks.map(tickOf) },
      { ...axis, size: 64, values: (_, ticks) => ticks.map((tick) => format(tick)) },
    ],
    series: [
      { label: "Time", value: (_, at) => (at === null ? "" : absolute(at * 1000)) },
      ...series.map(
        ({ label, tone, isDashed, isFilled }): uPlot.Series => ({
          label,
          stroke: colour(tone),
          fill: isFilled ? colour(`${tone === "ink" ? "accent" : tone}-soft`) : undefined,
          width: 1.5,
          dash: isDashed ? [4, 4] : undefined,
          points: { show: false },
          value: (_, value) => format(value),
        }),
      ),
    ],
  };
}

const CLOCK = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" });
const DATE = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short" });

/** The day where one begins, else the time of the day. */
function tickOf(seconds: number): string {
  const time = new Date(seconds * 1000);
  return time.getHours() === 0 && time.getMinutes() === 0 ? DATE.format(time) : CLOCK.format(time);
}
