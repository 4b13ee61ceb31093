/** Reads and writes CSV (RFC 4180), with any usual delimiter. */

export interface Csv {
  header: string[];
  rows: string[][];
}

const DELIMITERS = [",", ";", "\t"] as const;
const FORMULA_START = /^[=+\-@＝＋－＠\t\r\n]/;

/** Parse a text with a header. Throws an `Error` with a readable message. */
export function parseCsv(text: string): Csv {
  const clean = text.replace(/^\uFEFF/, "");
  const lines = parseRecords(clean, detectDelimiter(clean)).filter((line) =>
    line.some((cell) => cell !== ""),
  );
  const [header, ...rows] = lines;
  if (!header) throw new Error("The file is empty.");
  if (rows.length === 0) throw new Error("There is a header, but no row below it.");
  const width = header.length;
  const badRow = rows.findIndex((row) => row.length !== width);
  if (badRow >= 0) {
    throw new Error(
      `Row ${badRow + 1} has ${rows[badRow]?.length} fields, the header has ${width}. Is a quote missing?`,
    );
  }
  return { header: header.map((name) => name.trim()), rows };
}

/** Write rows. Texts that a spreadsheet would run as formulas are escaped. */
export function toCsv(lines: readonly (readonly unknown[])[]): string {
  return lines.map((line) => `${line.map(toCell).join(",")}\r\n`).join("");
}

function toCell(value: unknown): string {
  if (value === null || value === undefined) return "";
  const text = typeof value === "object" ? JSON.stringify(value) : String(value);
  const safe = typeof value === "string" && FORMULA_START.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** The most frequent delimiter of the header, outside quotes. */
function detectDelimiter(text: string): string {
  const header = text.split(/\r?\n/, 1)[0]?.replaceAll(/"[^"]*"/g, "") ?? "";
  const counts = DELIMITERS.map((each) => header.split(each).length);
  return DELIMITERS[counts.indexOf(Math.max(...counts))] ?? ",";
}

/** Split a text into records of fields; quoted fields may contain delimiters and line breaks. */
function parseRecords(text: string, delimiter: string): string[][] {
  const found: string[][] = [];
  let record: string[] = [];
  let at = 0;
  while (at < text.length) {
    const [cell, end] = text[at] === '"' ? readQuoted(text, at) : readUnquoted(text, at, delimiter);
    record.push(cell);
    at = end;
    if (text[at] === delimiter) {
      at += 1;
      if (at === text.length) record.push("");
      continue;
    }
    found.push(record);
    record = [];
    at += text.startsWith("\r\n", at) ? 2 : 1;
  }
  if (record.length > 0) found.push(record);
  return found;
}

function readQuoted(text: string, start: number): [string, number] {
  let cell = "";
  let at = start + 1;
  for (;;) {
    const end = text.indexOf('"', at);
    if (end < 0) throw new Error("A quote is opened and never closed.");
    cell += text.slice(at, end);
    if (text[end + 1] !== '"') return [cell, end + 1];
    cell += '"';
    at = end + 2;
  }
}

function readUnquoted(text: string, start: number, delimiter: string): [string, number] {
  let end = start;
  while (end < text.length && text[end] !== delimiter && text[end] !== "\n" && text[end] !== "\r") {
    end += 1;
  }
  return [text.slice(start, end), end];
}
