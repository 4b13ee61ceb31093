/** Calls per day, including days without calls. */

interface Day {
  day: string;
  calls: number;
  failures: number;
}

const DAY_MS = 86_400_000;

/** The calls of the last `count` days (UTC), oldest first. */
export function callsByDay(days: readonly Day[], count: number, now = Date.now()): number[] {
  const calls = new Map(days.map((each) => [each.day, each.calls]));
  return Array.from({ length: count }, (_, index) => {
    const at = new Date(now - (count - 1 - index) * DAY_MS);
    return calls.get(at.toISOString().slice(0, 10)) ?? 0;
  });
}
