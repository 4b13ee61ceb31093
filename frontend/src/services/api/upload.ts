/** Uploads by XMLHttpRequest, as `fetch` reports no upload progress. */

import { parseApiError, unreachableError } from "./errors";
import type { Session } from "./session";

export type Stage =
  | { name: "sending"; sent: number; total: number }
  /** The file has been sent; the server inspects it in the sandbox. */
  | { name: "inspecting" }
  | { name: "ready" };

export interface UploadRequest {
  path: string;
  form: FormData;
  signal?: AbortSignal;
  onStage?: (stage: Stage) => void;
}

interface UploadResponse {
  status: number;
  text: string;
  requestId: string | null;
  retryAfter: string | null;
}

type TokenSource = Pick<Session, "currentToken" | "refresh">;

/**
 * Send a form and return the JSON response. Throws an `ApiError`, or an `AbortError` when aborted.
 */
export async function upload<T>(request: UploadRequest, session: TokenSource): Promise<T> {
  const token = await session.currentToken();
  let response = await sendForm(request, token);
  if (response.status === 401 && token !== null) {
    const next = await session.refresh(token);
    if (next !== null) response = await sendForm(request, next);
  }
  if (response.status < 200 || response.status > 299) {
    throw parseApiError(response.text, response.status, response.requestId, response.retryAfter);
  }
  request.onStage?.({ name: "ready" });
  return JSON.parse(response.text) as T;
}

function sendForm(
  { path, form, signal, onStage }: UploadRequest,
  token: string | null,
): Promise<UploadResponse> {
  return new Promise((resolve, reject) => {
    const xhr = new XMLHttpRequest();
    const abort = () => xhr.abort();
    const onAborted = () => reject(new DOMException("the upload was stopped", "AbortError"));
    if (signal?.aborted) return onAborted();
    xhr.open("POST", path);
    if (token !== null) xhr.setRequestHeader("Authorization", `Bearer ${token}`);
    xhr.upload.onprogress = ({ loaded, total }) =>
      onStage?.({ name: "sending", sent: loaded, total });
    xhr.upload.onload = () => onStage?.({ name: "inspecting" });
    xhr.onload = () => resolve(readResponse(xhr));
    xhr.onerror = () => reject(unreachableError());
    xhr.onabort = onAborted;
    xhr.onloadend = () => signal?.removeEventListener("abort", abort);
    signal?.addEventListener("abort", abort, { once: true });
    onStage?.({ name: "sending", sent: 0, total: 0 });
    xhr.send(form);
  });
}

const readResponse = (xhr: XMLHttpRequest): UploadResponse => ({
  status: xhr.status,
  text: xhr.responseText,
  requestId: xhr.getResponseHeader("X-Request-ID"),
  retryAfter: xhr.getResponseHeader("Retry-After"),
});
