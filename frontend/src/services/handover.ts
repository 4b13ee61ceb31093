/** A file that was dropped on one page, for the page that takes it in. */

let handed: File | null = null;

export function handOver(file: File): void {
  handed = file;
}

/** Take what was dropped, once. */
export function takeHanded(): File | null {
  const file = handed;
  handed = null;
  return file;
}
