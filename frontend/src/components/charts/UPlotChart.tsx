/**
 * uPlot in React: recreated when the theme or the series change, updated when only the data
 * changes.
 */

import { useEffect, useRef } from "react";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import "./uplot.css";
import { useTheme } from "~/context/ThemeContext";
import { dateTime, decimal } from "~/services/text/format";
import type { EventMarker, Series, TimeSeriesChartProps } from "./series";

const NO_MARKERS: readonly EventMarker[] = [];
const BARS = uPlot.paths.bars?.({ size: [0.72, 60], align: 1 });
/** The least width of the y axis, so that charts below each other are aligned. */
const AXIS_WIDTH_MIN = 58;
const INTEGER_STEPS = [1, 2, 5, 10, 20, 50].concat(
  ...[1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8].map((size) => [size, 2 * size, 5 * size]),
);
const AXIS_FONT = '12px "Schibsted Grotesk", sans-serif';

export default function UPlotChart({
  times,
  series,
  format = decimal,
  height = 180,
  group,
  stepS = 0,
  isInteger = false,
  markers = NO_MARKERS,
}: TimeSeriesChartProps) {
  const container = useRef<HTMLDivElement>(null);
  const chartRef = useRef<uPlot>(null);
  const { theme } = useTheme();
  const styleKey = series
    .map(({ label, tone, isDashed, isFilled, isBar }) =>
      [label, tone, isDashed, isFilled, isBar].join(),
    )
    .join(";");
  const latest = useRef({ times, series, format, markers });
  latest.current = { times, series, format, markers };

  // biome-ignore lint/correctness/useExhaustiveDependencies: `styleKey` and `theme` decide when to recreate the chart
  useEffect(() => {
    if (!container.current) return;
    const element = container.current;
    const { times, series, format } = latest.current;
    const options = chartOptions(series, format, stepS, isInteger);
    const chart = new uPlot(
      {
        ...options,
        width: element.clientWidth,
        height,
        cursor: { ...options.cursor, sync: group ? { key: group } : undefined },
        hooks: { draw: [(plot) => drawMarkers(plot, latest.current.markers)] },
      },
      toUPlotData(times, series),
      element,
    );
    chartRef.current = chart;
    const resizeObserver = new ResizeObserver(() =>
      chart.setSize({ width: element.clientWidth, height }),
    );
    resizeObserver.observe(element);
    return () => {
      resizeObserver.disconnect();
      chart.destroy();
      chartRef.current = null;
    };
  }, [styleKey, theme, height, group, stepS, isInteger]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: new markers redraw the chart, too
  useEffect(() => chartRef.current?.setData(toUPlotData(times, series)), [times, series, markers]);
  return <div ref={container} className="w-full min-w-0" />;
}

const toUPlotData = (
  times: TimeSeriesChartProps["times"],
  series: readonly Series[],
): uPlot.AlignedData => [
  times.map((time) => new Date(time).getTime() / 1000),
  ...series.map(({ values }) => [...values]),
];

type Format = NonNullable<TimeSeriesChartProps["format"]>;

function chartOptions(
  series: readonly Series[],
  format: Format,
  stepS: number,
  isInteger: boolean,
): Omit<uPlot.Options, "width" | "height"> {
  const axis: uPlot.Axis = {
    stroke: colour("faint"),
    font: AXIS_FONT,
    grid: { stroke: colour("rule"), width: 1 },
    ticks: { show: false },
  };
  return {
    cursor: {
      points: { size: 6 },
      drag: { x: false, y: false },
    },
    padding: [8, null, 0, null],
    legend: { live: true },
    scales: {
      x: { range: (_, from, to) => [from, to + stepS] },
      y: { range: (_, __, top) => [0, top > 0 ? top * 1.1 : 1] },
    },
    axes: [
      { ...axis, size: 28, grid: { show: false }, values: (_, ticks) => ticks.map(formatTick) },
      {
        ...axis,
        size: (chartRef, values) =>
          Math.max(AXIS_WIDTH_MIN, maxTextWidth(chartRef.ctx, values ?? []) + 12),
        values: (_, ticks) => ticks.map((tick) => format(tick)),
        ...(isInteger && { incrs: INTEGER_STEPS }),
      },
    ],
    series: [
      { label: "Time", value: (_, at) => (at === null ? "" : dateTime(at * 1000)) },
      ...series.map(
        (line): uPlot.Series => ({
          label: line.label,
          ...lineStyle(line),
          value: ({ cursor }, value) => (cursor.idx == null ? "" : format(value)),
        }),
      ),
    ],
  };
}

function lineStyle({ tone, isDashed, isFilled, isBar }: Series): uPlot.Series {
  const stroke = colour(tone);
  const points = { show: false };
  if (isBar) return { stroke, fill: stroke, width: 0, paths: BARS, points };
  return {
    stroke,
    fill: isFilled ? colour(`${tone === "ink" ? "accent" : tone}-soft`) : undefined,
    width: 1.5,
    dash: isDashed ? [4, 4] : undefined,
    points: { show: true, size: 5, fill: stroke, filter: isolatedPoints },
  };
}

/**
 * Indexes of values without neighbours: no line passes through them, so they are drawn as points.
 */
const isolatedPoints: uPlot.Series.Points.Filter = (chartRef, series) => {
  const values = Array.from(chartRef.data[series] ?? []);
  return values.flatMap((value, index) =>
    value !== null && values[index - 1] == null && values[index + 1] == null ? [index] : [],
  );
};

function drawMarkers(
  { ctx, bbox, scales, valToPos }: uPlot,
  markers: readonly EventMarker[],
): void {
  const ratio = devicePixelRatio;
  ctx.save();
  ctx.strokeStyle = ctx.fillStyle = colour("soft");
  ctx.font = `${11 * ratio}px "Schibsted Grotesk", sans-serif`;
  ctx.lineWidth = ratio;
  ctx.setLineDash([2 * ratio, 3 * ratio]);
  for (const { at, label } of markers) {
    const seconds = new Date(at).getTime() / 1000;
    if (seconds < (scales.x?.min ?? 0) || seconds > (scales.x?.max ?? 0)) continue;
    const x = Math.round(valToPos(seconds, "x", true));
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
    const isAtEnd = x > bbox.left + bbox.width * 0.85;
    ctx.textAlign = isAtEnd ? "right" : "left";
    ctx.fillText(label, x + (isAtEnd ? -4 : 4) * ratio, bbox.top + 10 * ratio);
  }
  ctx.restore();
}

function maxTextWidth(ctx: CanvasRenderingContext2D, texts: readonly string[]): number {
  ctx.font = AXIS_FONT;
  return Math.max(0, ...texts.map((text) => ctx.measureText(text).width));
}

const colour = (name: string): string =>
  getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

const CLOCK = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" });
const DATE = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short" });

/** The date at midnight, otherwise the time. */
function formatTick(seconds: number): string {
  const time = new Date(seconds * 1000);
  return time.getHours() === 0 && time.getMinutes() === 0 ? DATE.format(time) : CLOCK.format(time);
}
