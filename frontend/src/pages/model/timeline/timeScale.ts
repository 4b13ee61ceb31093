/**
 * Maps times to positions on the slider.
 *
 * Neither linear, as a busy minute would be one dot in a quiet year, nor by index, as the quiet
 * year would be invisible: each gap has a fixed width plus one that grows with its logarithm.
 */

export interface TimeScale {
  /** The positions of the events, from 0 to 1. */
  positions: readonly number[];
  timeAt: (position: number) => number;
  positionOf: (time: number) => number;
}

const LEAD_FRACTION = 0.04;

/**
 * `times` are ascending milliseconds, `end` is now. A short time is added before the first event.
 */
export function timeScale(times: readonly number[], end: number): TimeScale {
  const first = times[0] ?? end;
  const allTimes = [...times, Math.max(end, times.at(-1) ?? end)];
  const weights = allTimes
    .slice(1)
    .map((time, index) => gapWeight(time - (allTimes[index] ?? time)));
  const whole = weights.reduce((sum, each) => sum + each, 0) || 1;
  const positions = [LEAD_FRACTION];
  for (const weight of weights)
    positions.push((positions.at(-1) ?? 0) + (weight / whole) * (1 - LEAD_FRACTION));
  positions[positions.length - 1] = 1;
  const leadMs = Math.max(60_000, (end - first) * LEAD_FRACTION);
  const timeMarks = [first - leadMs, ...allTimes];
  const positionMarks = [0, ...positions];
  return {
    positions: positions.slice(0, times.length),
    timeAt: (position) => interpolate(position, positionMarks, timeMarks),
    positionOf: (time) => interpolate(time, timeMarks, positionMarks),
  };
}

const gapWeight = (ms: number): number => 1 + Math.log10(1 + Math.max(0, ms) / 1000);

/** Linear interpolation of a value from one list of ascending marks to another. */
function interpolate(value: number, from: readonly number[], to: readonly number[]): number {
  const next = from.findIndex((each) => each >= value);
  if (next === 0) return to[0] ?? 0;
  if (next === -1) return to.at(-1) ?? 0;
  const [a = 0, b = 0] = [from[next - 1], from[next]];
  const [c = 0, d = 0] = [to[next - 1], to[next]];
  return b === a ? d : c + ((value - a) / (b - a)) * (d - c);
}
