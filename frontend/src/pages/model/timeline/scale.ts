/**
 * Where on the slider a moment lies.
 *
 * Neither by time alone, or a busy minute of a quiet year would be one dot; nor by count alone, or
 * the quiet year would not be seen. Each gap takes a share for itself and grows with its logarithm.
 */

export interface Scale {
  /** Where the events lie, from 0 to 1. */
  places: readonly number[];
  timeAt: (place: number) => number;
  placeOf: (time: number) => number;
}

const LEAD = 0.04;

/** `times` ascend, in milliseconds; `end` is now. Before the first there is a little of nothing. */
export function scaleOf(times: readonly number[], end: number): Scale {
  const first = times[0] ?? end;
  const known = [...times, Math.max(end, times.at(-1) ?? end)];
  const weights = known.slice(1).map((time, index) => weightOf(time - (known[index] ?? time)));
  const whole = weights.reduce((sum, each) => sum + each, 0) || 1;
  const places = [LEAD];
  for (const weight of weights) places.push((places.at(-1) ?? 0) + (weight / whole) * (1 - LEAD));
  places[places.length - 1] = 1;
  const leadMs = Math.max(60_000, (end - first) * LEAD);
  const moments = [first - leadMs, ...known];
  const marks = [0, ...places];
  return {
    places: places.slice(0, times.length),
    timeAt: (place) => between(place, marks, moments),
    placeOf: (time) => between(time, moments, marks),
  };
}

const weightOf = (ms: number): number => 1 + Math.log10(1 + Math.max(0, ms) / 1000);

/** Where a value between two of `from` lies between the two of `to`. */
function between(value: number, from: readonly number[], to: readonly number[]): number {
  const next = from.findIndex((each) => each >= value);
  if (next === 0) return to[0] ?? 0;
  if (next === -1) return to.at(-1) ?? 0;
  const [a = 0, b = 0] = [from[next - 1], from[next]];
  const [c = 0, d = 0] = [to[next - 1], to[next]];
  return b === a ? d : c + ((value - a) / (b - a)) * (d - c);
}
