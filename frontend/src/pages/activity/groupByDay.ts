/** Groups events, newest first, by day. */

import { date } from "~/services/text/format";

interface Dated {
  action: string;
  stream_id: string;
  created_at: string;
}

export interface DayEntry<Row> {
  row: Row;
  /** How many times it was repeated; `row` is the latest. */
  repetitions: number;
}

export interface Day<Row> {
  title: string;
  entries: DayEntry<Row>[];
}

const DAY_MS = 86_400_000;
/** Browsers do this repeatedly by themselves; consecutive ones are shown as one entry. */
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
