/** Exports, fetched as whoever is signed in and handed to the browser as a file. */

import { send } from "./api";

export interface Download {
  address: string;
  /** Where the server names none. */
  name: string;
  signal?: AbortSignal;
  /** `total` is null where the server streams what it has not counted. */
  onProgress?: (received: number, total: number | null) => void;
}

export async function download({ address, name, signal, onProgress }: Download): Promise<void> {
  const response = await send(new URL(address, location.origin).href, { signal });
  const length = response.headers.get("Content-Length");
  const total = length === null ? null : Number(length);
  let received = 0;
  const counted = response.body?.pipeThrough(
    new TransformStream<Uint8Array, Uint8Array>({
      transform(chunk, out) {
        received += chunk.byteLength;
        onProgress?.(received, total);
        out.enqueue(chunk);
      },
    }),
  );
  const blob = await new Response(counted, { headers: response.headers }).blob();
  save(blob, nameIn(response.headers.get("Content-Disposition")) ?? name);
}

/** Give the reader a file. */
export function save(blob: Blob, name: string): void {
  const url = URL.createObjectURL(blob);
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

export function nameIn(disposition: string | null): string | null {
  return disposition?.match(/filename="([^"]+)"/)?.[1] ?? null;
}
