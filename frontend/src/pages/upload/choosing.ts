/** What can be said of a model file, and of a sample beside it, before anything is sent. */

import { parsedCsv } from "~/services/csv";
import { bytes, plural } from "~/services/format";
import type { Refusal } from "~/services/problems";
import { MODEL_FILES } from "./modelFiles";

export const FILE_BYTES_MAX = 100_000_000;
export const SAMPLE_BYTES_MAX = 16 * 1024;

const NAME_MAX = 120;
const NUMBER = /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/;
const FLAGS: Readonly<Record<string, boolean>> = { true: true, false: false };

/** churn_model-v2.joblib → churn model v2 */
export function suggestedName(fileName: string): string {
  const stem = fileName.replace(/(\.[a-z0-9]{1,8}){1,2}$/i, "") || fileName;
  return stem
    .replaceAll(/[_\-\s]+/g, " ")
    .trim()
    .slice(0, NAME_MAX);
}

/** Why a file cannot be taken; null where nothing is known against it. */
export function faultOfFile(
  { size }: Pick<File, "size">,
  bytesMax = FILE_BYTES_MAX,
): string | null {
  if (size === 0) return "This file is empty.";
  if (size <= bytesMax) return null;
  return `This file has ${bytes(size)}; at most ${bytes(bytesMax)} are taken. joblib.dump(model, path, compress=3) makes smaller ones.`;
}

/** What to know about a file that will be sent all the same. */
export function noteOnFile({ name }: Pick<File, "name">): string | null {
  const isUsual = MODEL_FILES.some((end) => name.toLowerCase().endsWith(end));
  return isUsual ? null : `Models mostly end in ${MODEL_FILES.join(", ")}. The content decides.`;
}

/** The limit that a refused upload met with. */
export function limitIn({ status, message }: Pick<Refusal, "status" | "message">): number | null {
  const told = status === 413 ? message.match(/larger than (\d+) bytes/)?.[1] : undefined;
  return told === undefined ? null : Number(told);
}

export interface RefusedGlobal {
  global: string;
  module: string;
  /** Whether it is of what a program reaches the machine by: no fitted model has a use for it. */
  isOfSystem: boolean;
}

const OF_SYSTEM = new Set(
  "builtins ctypes importlib io nt os pathlib pickle posix pty runpy shutil signal socket subprocess sys threading urllib webbrowser".split(
    " ",
  ),
);

/** What a file names that no model file may; null where it was refused for something else. */
export function refusedGlobal(message: string): RefusedGlobal | null {
  const global = message.match(/needs (\S+), which is not on the list/)?.[1];
  if (global === undefined) return null;
  const module = global.split(".")[0] ?? global;
  return { global, module, isOfSystem: OF_SYSTEM.has(module) };
}

export interface Sample {
  /** JSON, as the server takes it; empty where no sample was given. */
  json: string;
  summary: string;
}

/** Read a sample, written as JSON or as CSV with a header. Throws an `Error` in words for people. */
export function sampleOf(text: string): Sample {
  if (text.trim() === "") return { json: "", summary: "" };
  const json = /^\s*[[{"]/.test(text) ? jsonSample(text) : csvSample(text);
  if (new TextEncoder().encode(json).length > SAMPLE_BYTES_MAX) {
    throw new Error("A sample has 16 kB at most: a few rows are enough.");
  }
  const value: unknown = JSON.parse(json);
  return { json, summary: Array.isArray(value) ? plural(value.length, "row") : "" };
}

function jsonSample(text: string): string {
  try {
    JSON.parse(text);
  } catch (error) {
    throw new Error(`This is not JSON: ${error instanceof Error ? error.message : error}`);
  }
  return text.trim();
}

/** Rows as objects. Numbers stay as they are written: 2.0 tells that 2.5 may come. */
function csvSample(text: string): string {
  const { header, rows } = parsedCsv(text);
  const areNumbers = header.map((_, at) => everyCell(rows, at, (cell) => NUMBER.test(cell)));
  const areFlags = header.map((_, at) =>
    everyCell(rows, at, (cell) => cell.toLowerCase() in FLAGS),
  );
  const written = (cell: string, at: number) => {
    if (cell === "") return "null";
    if (areNumbers[at]) return cell;
    return areFlags[at] ? cell.toLowerCase() : JSON.stringify(cell);
  };
  const objects = rows.map((row) =>
    row.map((cell, at) => `${JSON.stringify(header[at])}: ${written(cell.trim(), at)}`).join(", "),
  );
  return `[${objects.map((members) => `{${members}}`).join(", ")}]`;
}

const everyCell = (
  rows: readonly (readonly string[])[],
  at: number,
  holds: (cell: string) => boolean,
): boolean => rows.every((row) => row[at]?.trim() === "" || holds(row[at]?.trim() ?? ""));
