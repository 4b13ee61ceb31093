/** API errors (RFC 9457) and network failures as one type of error. */

import type { components } from "./generated/schema";

export type Problem = components["schemas"]["Problem"];

/** A failed request, with a message for the user. */
export class ApiError extends Error {
  override readonly name = "ApiError";

  constructor(
    message: string,
    /** The HTTP status; 0 without a response. */
    readonly status: number,
    /** Messages by field name: `email`, or `labels.0`. */
    readonly fields: Readonly<Record<string, string>> = {},
    /** Identifies the request in the server's log. */
    readonly requestId: string | null = null,
    /** The record of a failed prediction. */
    readonly predictionId: string | null = null,
    readonly retryAfterS: number | null = null,
  ) {
    super(message);
  }

  get isOffline(): boolean {
    return this.status === 0;
  }

  get isNotFound(): boolean {
    return this.status === 404;
  }

  /** Whether the same request may succeed later. */
  get isTransient(): boolean {
    return this.status === 0 || this.status === 429 || this.status >= 502;
  }
}

const UNREACHABLE = "The server cannot be reached. Is it running, and are you online?";
const LOCATIONS = new Set(["body", "query", "path", "header"]);

/** Read the error of a response. */
export async function readApiError(response: Response): Promise<ApiError> {
  return parseApiError(
    await response.text().catch(() => ""),
    response.status,
    response.headers.get("X-Request-ID"),
    response.headers.get("Retry-After"),
  );
}

/** The same for a body that has been read already. */
export function parseApiError(
  text: string,
  status: number,
  requestId: string | null = null,
  retryAfter: string | null = null,
): ApiError {
  const problem = parseProblem(text);
  return new ApiError(
    toSentence(errorMessage(problem, status)),
    status,
    fieldErrors(problem),
    problem?.request_id ?? requestId,
    problem?.prediction_id ?? null,
    retryAfter === null ? null : Number(retryAfter) || null,
  );
}

/** Convert anything thrown to an `ApiError`. */
export function toApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  if (error instanceof TypeError) return new ApiError(UNREACHABLE, 0);
  return new ApiError(error instanceof Error ? error.message : String(error), 0);
}

export const unreachableError = (): ApiError => new ApiError(UNREACHABLE, 0);

function parseProblem(text: string): Partial<Problem> | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? value : null;
  } catch {
    return null;
  }
}

function errorMessage(problem: Partial<Problem> | null, status: number): string {
  const entries = Object.entries(fieldErrors(problem));
  if (entries.length > 1) return "several fields are invalid";
  if (entries[0]) return entries[0].join(": ");
  if (problem?.detail) return problem.detail;
  if (status === 502 || status === 503 || status === 504)
    return "the server is not ready at the moment";
  return problem?.title ?? `the server responded with status ${status}`;
}

/** Domain errors start with the field's name: `email: this e-mail is taken`. */
const FIELD_PREFIX = /^([a-z][a-z_]*): (.+)$/s;

/** The first message of each field, without the location in the request. */
function fieldErrors(problem: Partial<Problem> | null): Record<string, string> {
  const fields: Record<string, string> = {};
  const [, field, message] = problem?.detail?.match(FIELD_PREFIX) ?? [];
  if (!problem?.errors?.length && field && message) fields[field] = message;
  for (const { loc, msg } of problem?.errors ?? []) {
    const [first, ...rest] = loc;
    const name = (LOCATIONS.has(String(first)) && rest.length > 0 ? rest : loc).join(".");
    fields[name] ??= msg;
  }
  return fields;
}

function toSentence(text: string): string {
  const start = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?…]$/.test(start) ? start : `${start}.`;
}
