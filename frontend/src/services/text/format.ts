/** Numbers and times as text. Missing values are a dash. */

export const DASH = "–";
type Maybe<T> = T | null | undefined;

const INTEGER = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const COMPACT = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });
const PERCENT = new Intl.NumberFormat("en", { style: "percent", maximumFractionDigits: 2 });
const SIGNED_PERCENT = new Intl.NumberFormat("en", {
  style: "percent",
  maximumFractionDigits: 0,
  signDisplay: "exceptZero",
});
const DATE_TIME = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "medium" });
const DATE = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", year: "numeric" });
const RELATIVE = new Intl.RelativeTimeFormat("en", { numeric: "auto", style: "long" });

/** 1,204 */
export const count = (value: Maybe<number>): string =>
  value == null ? DASH : INTEGER.format(value);

/** 1.2K */
export const compact = (value: Maybe<number>): string =>
  value == null ? DASH : value < 10_000 ? INTEGER.format(value) : COMPACT.format(value);

/** 0.35, 12.4, 1,204: three significant digits */
export function decimal(value: Maybe<number>): string {
  if (value == null) return DASH;
  const size = Math.abs(value);
  const digits = size === 0 || size >= 100 ? 0 : size >= 10 ? 1 : 2;
  return value.toLocaleString("en", { maximumFractionDigits: digits });
}

/** 0.0125 is 1.25 % */
export const percent = (fraction: Maybe<number>): string =>
  fraction == null ? DASH : PERCENT.format(fraction);

/** 0.25 is +25 %, -0.25 is –25 % */
export const signedPercent = (fraction: Maybe<number>): string =>
  fraction == null ? DASH : SIGNED_PERCENT.format(fraction).replace("-", "–");

/** 1 model, 2 models */
export const plural = (value: number, one: string, many = `${one}s`): string =>
  `${INTEGER.format(value)} ${value === 1 ? one : many}`;

const BYTE_UNITS = ["B", "kB", "MB", "GB", "TB"];

/** 1.2 MB, in powers of 1000 */
export function bytes(value: Maybe<number>): string {
  if (value == null) return DASH;
  const power = Math.min(BYTE_UNITS.length - 1, value < 1 ? 0 : Math.floor(Math.log10(value) / 3));
  return `${decimal(value / 1000 ** power)} ${BYTE_UNITS[power]}`;
}

/** 0.42 ms, 1.3 s, 2 min 5 s, 3 h 10 min, 2 d 4 h */
export function duration(ms: Maybe<number>): string {
  if (ms == null) return DASH;
  if (ms < 1000) return `${decimal(ms)} ms`;
  if (ms < 60_000) return `${decimal(ms / 1000)} s`;
  const s = Math.round(ms / 1000);
  if (s < 3600) return joinUnits(Math.floor(s / 60), "min", s % 60, "s");
  if (s < 86_400) return joinUnits(Math.floor(s / 3600), "h", Math.floor((s % 3600) / 60), "min");
  return joinUnits(Math.floor(s / 86_400), "d", Math.floor((s % 86_400) / 3600), "h");
}

const joinUnits = (large: number, unit: string, small: number, part: string): string =>
  small === 0 ? `${large} ${unit}` : `${large} ${unit} ${small} ${part}`;

const TIME_UNITS: readonly [Intl.RelativeTimeFormatUnit, number][] = [
  ["year", 31_556_952],
  ["month", 2_629_746],
  ["week", 604_800],
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
];
const JUST_NOW_S = 10;

/** just now, 12 seconds ago, yesterday, in 3 days */
export function relativeTime(
  time: Maybe<string | number | Date>,
  now: number = Date.now(),
): string {
  if (time == null) return DASH;
  const seconds = (new Date(time).getTime() - now) / 1000;
  const size = Math.abs(seconds);
  if (size < JUST_NOW_S) return "just now";
  const [unit, length] = TIME_UNITS.find(([, s]) => size >= s) ?? ["second", 1];
  return RELATIVE.format(Math.trunc(seconds / length), unit);
}

/** 3 Mar 2031, 14:05:09 */
export const dateTime = (time: Maybe<string | number | Date>): string =>
  time == null ? DASH : DATE_TIME.format(new Date(time));

/** 3 Mar 2031 */
export const date = (time: Maybe<string | number | Date>): string =>
  time == null ? DASH : DATE.format(new Date(time));

/** The end of an id: ids made at the same time differ there. */
export const shortId = (id: string): string => (id.length > 12 ? id.slice(-8) : id);
