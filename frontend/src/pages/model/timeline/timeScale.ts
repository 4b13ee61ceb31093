/**
 * Where on the slider a moment lies.
 *
 * Neither by time alone, or a busy minute of a quiet year would be one dot; nor by count alone, or
 * the quiet year would not be seen. Each gap takes a share for itself and grows with its logarithm.
 */

export interface TimeScale {
  /** Where the events lie, from 0 to 1. */
  positions: readonly number[];
  timeAt: (position: number) => number;
  positionOf: (time: number) => number;
}

const LEAD_SHARE = 0.04;

/** `times` ascend, in milliseconds; `end` is now. Before the first there is a little of nothing. */
export function timeScale(times: readonly number[], end: number): TimeScale {
  const first = times[0] ?? end;
  const known = [...times, Math.max(end, times.at(-1) ?? end)];
  const weights = known.slice(1).map((time, index) => gapWeight(time - (known[index] ?? time)));
  const whole = weights.reduce((sum, each) => sum + each, 0) || 1;
  const positions = [LEAD_SHARE];
  for (const weight of weights)
    positions.push((positions.at(-1) ?? 0) + (weight / whole) * (1 - LEAD_SHARE));
  positions[positions.length - 1] = 1;
  const leadMs = Math.max(60_000, (end - first) * LEAD_SHARE);
  const moments = [first - leadMs, ...known];
  const marks = [0, ...positions];
  return {
    positions: positions.slice(0, times.length),
    timeAt: (position) => interpolate(position, marks, moments),
    positionOf: (time) => interpolate(time, moments, marks),
  };
}

const gapWeight = (ms: number): number => 1 + Math.log10(1 + Math.max(0, ms) / 1000);

/** Where a value between two of `from` lies between the two of `to`. */
function interpolate(value: number, from: readonly number[], to: readonly number[]): number {
  const next = from.findIndex((each) => each >= value);
  if (next === 0) return to[0] ?? 0;
  if (next === -1) return to.at(-1) ?? 0;
  const [a = 0, b = 0] = [from[next - 1], from[next]];
  const [c = 0, d = 0] = [to[next - 1], to[next]];
  return b === a ? d : c + ((value - a) / (b - a)) * (d - c);
}
