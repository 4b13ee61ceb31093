/** Downloads files with the session's token. */

import { send } from "./client";

export interface Download {
  path: string;
  /** Used where the server names no file. */
  fallbackName: string;
  signal?: AbortSignal;
  /** `total` is null for streamed responses. */
  onProgress?: (received: number, total: number | null) => void;
}

export async function download({
  path,
  fallbackName,
  signal,
  onProgress,
}: Download): Promise<void> {
  const response = await send(new URL(path, location.origin).href, { signal });
  const length = response.headers.get("Content-Length");
  const total = length === null ? null : Number(length);
  let received = 0;
  const body = response.body?.pipeThrough(
    new TransformStream<Uint8Array, Uint8Array>({
      transform(chunk, out) {
        received += chunk.byteLength;
        onProgress?.(received, total);
        out.enqueue(chunk);
      },
    }),
  );
  const blob = await new Response(body, { headers: response.headers }).blob();
  saveFile(blob, fileNameFrom(response.headers.get("Content-Disposition")) ?? fallbackName);
}

/** Save a blob as a file. */
export function saveFile(blob: Blob, name: string): void {
  const url = URL.createObjectURL(blob);
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

export function fileNameFrom(disposition: string | null): string | null {
  return disposition?.match(/filename="([^"]+)"/)?.[1] ?? null;
}
