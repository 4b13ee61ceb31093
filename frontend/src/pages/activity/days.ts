/** Puts what was done, newest first, under the days on which it was done. */

import { day } from "~/services/format";

interface Done {
  action: string;
  stream_id: string;
  created_at: string;
}

export interface Line<Row> {
  row: Row;
  /** How often the same was done in a row; `row` is the last time. */
  times: number;
}

export interface Day<Row> {
  title: string;
  lines: Line<Row>[];
}

const DAY_MS = 86_400_000;
/** What a browser does by itself, again and again: one line for all of it. */
const REPEATED = "Session.Refreshed";

export function byDay<Row extends Done>(
  rows: readonly Row[],
  now: number = Date.now(),
): Day<Row>[] {
  const days: Day<Row>[] = [];
  for (const row of rows) {
    const title = titleOf(row.created_at, now);
    const last = days.at(-1);
    if (last?.title === title) add(last.lines, row);
    else days.push({ title, lines: [{ row, times: 1 }] });
  }
  return days;
}

function add<Row extends Done>(lines: Line<Row>[], row: Row): void {
  const last = lines.at(-1);
  const isSame = last?.row.action === row.action && last.row.stream_id === row.stream_id;
  if (last && isSame && row.action === REPEATED) last.times += 1;
  else lines.push({ row, times: 1 });
}

function titleOf(time: string, now: number): string {
  const title = day(time);
  if (title === day(now)) return "Today";
  return title === day(now - DAY_MS) ? "Yesterday" : title;
}
