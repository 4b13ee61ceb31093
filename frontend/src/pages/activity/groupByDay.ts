/** Puts what was done, newest first, under the days on which it was done. */

import { date } from "~/services/text/format";

interface Dated {
  action: string;
  stream_id: string;
  created_at: string;
}

export interface DayEntry<Row> {
  row: Row;
  /** How often the same was done in a row; `row` is the last time. */
  repetitions: number;
}

export interface Day<Row> {
  title: string;
  entries: DayEntry<Row>[];
}

const DAY_MS = 86_400_000;
/** What a browser does by itself, again and again: one line for all of it. */
const COLLAPSED_TOPIC = "Session.Refreshed";

export function groupByDay<Row extends Dated>(
  rows: readonly Row[],
  now: number = Date.now(),
): Day<Row>[] {
  const days: Day<Row>[] = [];
  for (const row of rows) {
    const title = dayTitle(row.created_at, now);
    const last = days.at(-1);
    if (last?.title === title) addEntry(last.entries, row);
    else days.push({ title, entries: [{ row, repetitions: 1 }] });
  }
  return days;
}

function addEntry<Row extends Dated>(entries: DayEntry<Row>[], row: Row): void {
  const last = entries.at(-1);
  const isSame = last?.row.action === row.action && last.row.stream_id === row.stream_id;
  if (last && isSame && row.action === COLLAPSED_TOPIC) last.repetitions += 1;
  else entries.push({ row, repetitions: 1 });
}

function dayTitle(time: string, now: number): string {
  const title = date(time);
  if (title === date(now)) return "Today";
  return title === date(now - DAY_MS) ? "Yesterday" : title;
}
