/** Puts what was done, newest first, under the days on which it was done. */

import { day } from "~/services/format";

export interface Day<Row> {
  title: string;
  rows: Row[];
}

const DAY_MS = 86_400_000;

export function byDay<Row extends { created_at: string }>(
  rows: readonly Row[],
  now: number = Date.now(),
): Day<Row>[] {
  const days: Day<Row>[] = [];
  for (const row of rows) {
    const title = titleOf(row.created_at, now);
    const last = days.at(-1);
    if (last?.title === title) last.rows.push(row);
    else days.push({ title, rows: [row] });
  }
  return days;
}

function titleOf(time: string, now: number): string {
  const title = day(time);
  if (title === day(now)) return "Today";
  return title === day(now - DAY_MS) ? "Yesterday" : title;
}
