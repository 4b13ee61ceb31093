/** What a chart of values over time is given. */

export type SeriesTone = "accent" | "ink" | "soft" | "warn" | "danger" | "success";

export interface Series {
  label: string;
  tone: SeriesTone;
  /** One for each time; null where there is none. */
  values: readonly (number | null)[];
  isDashed?: boolean;
  isFilled?: boolean;
  /** For what was counted in each step: a bar as wide as the step. */
  isBar?: boolean;
}

/** Something that happened at one moment, as a line across. */
export interface EventMarker {
  at: string;
  label: string;
}

export interface TimeSeriesChartProps {
  title: string;
  /** ISO 8601, or milliseconds. */
  times: readonly (string | number)[];
  series: readonly Series[];
  /** How a value is written: `duration`, `count`… */
  format?: (value: number | null) => string;
  height?: number;
  /** Where each time begins a step that lasts. */
  stepS?: number;
  /** Whether values are counts, with nothing between one and two. */
  isInteger?: boolean;
  markers?: readonly EventMarker[];
  /** Charts of one group move their cursors together. */
  group?: string;
}
