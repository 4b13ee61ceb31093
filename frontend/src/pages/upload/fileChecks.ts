/**
 * Checks of a model file and of a sample before the upload, and of the server's refusal after it.
 */

import { MODEL_FILE_EXTENSIONS } from "~/services/modelFile";
import { parseCsv } from "~/services/text/csv";
import { bytes, plural } from "~/services/text/format";

export const SAMPLE_BYTES_MAX = 16 * 1024;

const NAME_MAX = 120;
const NUMBER = /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/;
const BOOLEANS: Readonly<Record<string, boolean>> = { true: true, false: false };

/** churn_model-v2.joblib → churn model v2 */
export function suggestedName(fileName: string): string {
  const stem = fileName.replace(/(\.[a-z0-9]{1,8}){1,2}$/i, "") || fileName;
  return stem
    .replaceAll(/[_\-\s]+/g, " ")
    .trim()
    .slice(0, NAME_MAX);
}

/** Why a file cannot be uploaded; null if nothing is wrong with it. */
export function fileError({ size }: Pick<File, "size">, bytesMax: number | null): string | null {
  if (size === 0) return "This file is empty.";
  if (bytesMax === null || size <= bytesMax) return null;
  return `This file has ${bytes(size)}; at most ${bytes(bytesMax)} are accepted. joblib.dump(model, path, compress=3) makes smaller ones.`;
}

/** A hint on a file that may be uploaded nevertheless. */
export function fileHint({ name }: Pick<File, "name">): string | null {
  const isUsual = MODEL_FILE_EXTENSIONS.some((end) => name.toLowerCase().endsWith(end));
  return isUsual
    ? null
    : `Model files usually end in ${MODEL_FILE_EXTENSIONS.join(", ")}. The content decides.`;
}

export interface RefusedGlobal {
  global: string;
  module: string;
  /** Whether the module gives access to the machine: no fitted model needs it. */
  isSystemModule: boolean;
}

const SYSTEM_MODULES = new Set(
  "builtins ctypes importlib io nt os pathlib pickle posix pty runpy shutil signal socket subprocess sys threading urllib webbrowser".split(
    " ",
  ),
);

/** The refused global that a file refers to; null if it was refused for another reason. */
export function refusedGlobal(message: string): RefusedGlobal | null {
  const global = message.match(/needs (\S+), which is not on the list/)?.[1];
  if (global === undefined) return null;
  const module = global.split(".")[0] ?? global;
  return { global, module, isSystemModule: SYSTEM_MODULES.has(module) };
}

export interface Sample {
  /** The JSON that the server takes; empty without a sample. */
  json: string;
  summary: string;
}

/** Parse a sample in JSON or CSV with a header. Throws an `Error` with a readable message. */
export function parseSample(text: string): Sample {
  if (text.trim() === "") return { json: "", summary: "" };
  const json = /^\s*[[{"]/.test(text) ? parseJsonSample(text) : parseCsvSample(text);
  if (new TextEncoder().encode(json).length > SAMPLE_BYTES_MAX) {
    throw new Error("A sample has 16 kB at most: a few rows are enough.");
  }
  const value: unknown = JSON.parse(json);
  return { json, summary: Array.isArray(value) ? plural(value.length, "row") : "" };
}

function parseJsonSample(text: string): string {
  try {
    JSON.parse(text);
  } catch (error) {
    throw new Error(`This is not JSON: ${error instanceof Error ? error.message : error}`);
  }
  return text.trim();
}

/** Rows as objects. Numbers keep their spelling: 2.0 means that 2.5 is possible. */
function parseCsvSample(text: string): string {
  const { header, rows } = parseCsv(text);
  const areNumbers = header.map((_, at) => everyCell(rows, at, (cell) => NUMBER.test(cell)));
  const areBooleans = header.map((_, at) =>
    everyCell(rows, at, (cell) => cell.toLowerCase() in BOOLEANS),
  );
  const toJson = (cell: string, at: number) => {
    if (cell === "") return "null";
    if (areNumbers[at]) return cell;
    return areBooleans[at] ? cell.toLowerCase() : JSON.stringify(cell);
  };
  const objects = rows.map((row) =>
    row.map((cell, at) => `${JSON.stringify(header[at])}: ${toJson(cell.trim(), at)}`).join(", "),
  );
  return `[${objects.map((members) => `{${members}}`).join(", ")}]`;
}

const everyCell = (
  rows: readonly (readonly string[])[],
  at: number,
  matches: (cell: string) => boolean,
): boolean => rows.every((row) => row[at]?.trim() === "" || matches(row[at]?.trim() ?? ""));
