/** The input of a time series chart. */

export type SeriesTone = "accent" | "ink" | "soft" | "warn" | "danger" | "success";

export interface Series {
  label: string;
  tone: SeriesTone;
  /** One value for each time; null if it has none. */
  values: readonly (number | null)[];
  isDashed?: boolean;
  isFilled?: boolean;
  /** Draws bars as wide as a step, for counts per step. */
  isBar?: boolean;
}

/** An event, drawn as a vertical line. */
export interface EventMarker {
  at: string;
  label: string;
}

export interface TimeSeriesChartProps {
  title: string;
  /** ISO 8601, or milliseconds since the epoch. */
  times: readonly (string | number)[];
  series: readonly Series[];
  /** Formats a value, such as `duration` or `count`. */
  format?: (value: number | null) => string;
  height?: number;
  /** The length of a step; each time is the beginning of one. */
  stepS?: number;
  /** Whether the axis shows whole numbers only. */
  isInteger?: boolean;
  markers?: readonly EventMarker[];
  /** Charts of the same group share their cursor position. */
  group?: string;
}
