/** Files on their way to the server. By XMLHttpRequest, as `fetch` tells nothing of what it sent. */

import { refusalOfText, unreachable } from "./problems";
import type { Session } from "./session";

export type Stage =
  | { name: "sending"; sent: number; total: number }
  /** All is sent; the server looks at the file in its sandbox. */
  | { name: "inspecting" }
  | { name: "ready" };

export interface Upload {
  address: string;
  form: FormData;
  signal?: AbortSignal;
  onStage?: (stage: Stage) => void;
}

interface Answer {
  status: number;
  text: string;
  requestId: string | null;
  retryAfter: string | null;
}

type Caller = Pick<Session, "current" | "refresh">;

/** Send a form; gives the answer's JSON, throws a `Refusal`, or an `AbortError` when stopped. */
export async function upload<T>(what: Upload, session: Caller): Promise<T> {
  const token = await session.current();
  let answer = await sent(what, token);
  if (answer.status === 401 && token !== null) {
    const next = await session.refresh(token);
    if (next !== null) answer = await sent(what, next);
  }
  if (answer.status < 200 || answer.status > 299) {
    throw refusalOfText(answer.text, answer.status, answer.requestId, answer.retryAfter);
  }
  what.onStage?.({ name: "ready" });
  return JSON.parse(answer.text) as T;
}

function sent({ address, form, signal, onStage }: Upload, token: string | null): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const call = new XMLHttpRequest();
    const stop = () => call.abort();
    const stopped = () => reject(new DOMException("the upload was stopped", "AbortError"));
    if (signal?.aborted) return stopped();
    call.open("POST", address);
    if (token !== null) call.setRequestHeader("Authorization", `Bearer ${token}`);
    call.upload.onprogress = ({ loaded, total }) =>
      onStage?.({ name: "sending", sent: loaded, total });
    call.upload.onload = () => onStage?.({ name: "inspecting" });
    call.onload = () => resolve(answerOf(call));
    call.onerror = () => reject(unreachable());
    call.onabort = stopped;
    call.onloadend = () => signal?.removeEventListener("abort", stop);
    signal?.addEventListener("abort", stop, { once: true });
    onStage?.({ name: "sending", sent: 0, total: 0 });
    call.send(form);
  });
}

const answerOf = (call: XMLHttpRequest): Answer => ({
  status: call.status,
  text: call.responseText,
  requestId: call.getResponseHeader("X-Request-ID"),
  retryAfter: call.getResponseHeader("Retry-After"),
});
