/** Figures and times, as people read them. What is not there is a dash. */

export const NONE = "–";
type Maybe<T> = T | null | undefined;

const WHOLE = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const SHORT = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });
const PERCENT = new Intl.NumberFormat("en", { style: "percent", maximumFractionDigits: 2 });
const SIGNED = new Intl.NumberFormat("en", {
  style: "percent",
  maximumFractionDigits: 0,
  signDisplay: "exceptZero",
});
const ABSOLUTE = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "medium" });
const DAY = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", year: "numeric" });
const RELATIVE = new Intl.RelativeTimeFormat("en", { numeric: "auto", style: "long" });

/** 1,204 */
export const count = (value: Maybe<number>): string => (value == null ? NONE : WHOLE.format(value));

/** 1.2K */
export const compact = (value: Maybe<number>): string =>
  value == null ? NONE : value < 10_000 ? WHOLE.format(value) : SHORT.format(value);

/** 0.35, 12.4, 1,204: three digits that count */
export function figure(value: Maybe<number>): string {
  if (value == null) return NONE;
  const size = Math.abs(value);
  const digits = size === 0 || size >= 100 ? 0 : size >= 10 ? 1 : 2;
  return value.toLocaleString("en", { maximumFractionDigits: digits });
}

/** 1.25 % of 0.0125 */
export const percent = (share: Maybe<number>): string =>
  share == null ? NONE : PERCENT.format(share);

/** +25 % of 0.25, –25 % of -0.25 */
export const signed = (share: Maybe<number>): string =>
  share == null ? NONE : SIGNED.format(share).replace("-", "–");

/** The place of an event in the ledger: № 1,204 */
export const ordinal = (position: Maybe<number>): string =>
  position == null ? NONE : `№ ${WHOLE.format(position)}`;

/** 1 model, 2 models */
export const plural = (value: number, one: string, many = `${one}s`): string =>
  `${WHOLE.format(value)} ${value === 1 ? one : many}`;

const UNITS = ["B", "kB", "MB", "GB", "TB"];

/** 1.2 MB, in thousands */
export function bytes(value: Maybe<number>): string {
  if (value == null) return NONE;
  const power = Math.min(UNITS.length - 1, value < 1 ? 0 : Math.floor(Math.log10(value) / 3));
  return `${figure(value / 1000 ** power)} ${UNITS[power]}`;
}

/** 0.42 ms, 1.3 s, 2 min 5 s, 3 h 10 min, 2 d 4 h */
export function duration(ms: Maybe<number>): string {
  if (ms == null) return NONE;
  if (ms < 1000) return `${figure(ms)} ms`;
  if (ms < 60_000) return `${figure(ms / 1000)} s`;
  const s = Math.round(ms / 1000);
  if (s < 3600) return joined(Math.floor(s / 60), "min", s % 60, "s");
  if (s < 86_400) return joined(Math.floor(s / 3600), "h", Math.floor((s % 3600) / 60), "min");
  return joined(Math.floor(s / 86_400), "d", Math.floor((s % 86_400) / 3600), "h");
}

const joined = (large: number, unit: string, small: number, part: string): string =>
  small === 0 ? `${large} ${unit}` : `${large} ${unit} ${small} ${part}`;

const STEPS: readonly [Intl.RelativeTimeFormatUnit, number][] = [
  ["year", 31_556_952],
  ["month", 2_629_746],
  ["week", 604_800],
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
];
const NOW_S = 10;

/** just now, 12 seconds ago, yesterday, in 3 days */
export function relative(time: Maybe<string | number | Date>, now: number = Date.now()): string {
  if (time == null) return NONE;
  const seconds = (new Date(time).getTime() - now) / 1000;
  const size = Math.abs(seconds);
  if (size < NOW_S) return "just now";
  const [unit, length] = STEPS.find(([, s]) => size >= s) ?? ["second", 1];
  return RELATIVE.format(Math.trunc(seconds / length), unit);
}

/** 3 Mar 2031, 14:05:09 */
export const absolute = (time: Maybe<string | number | Date>): string =>
  time == null ? NONE : ABSOLUTE.format(new Date(time));

/** 3 Mar 2031 */
export const day = (time: Maybe<string | number | Date>): string =>
  time == null ? NONE : DAY.format(new Date(time));

/** The beginning of an id; of ids made at one time it is the end that differs. */
export const shortId = (id: string): string => (id.length > 12 ? id.slice(-8) : id);
