/**
 * Converts between ISO 8601 and `<input type="datetime-local">`, which uses the local time zone.
 */

/** 2031-03-03T14:05, with seconds if they are not zero. */
export function toLocalInput(iso: string): string {
  const time = new Date(iso);
  if (Number.isNaN(time.getTime())) return "";
  const shifted = new Date(time.getTime() - time.getTimezoneOffset() * 60_000);
  return shifted.toISOString().slice(0, time.getSeconds() === 0 ? 16 : 19);
}

export function fromLocalInput(field: string): string {
  const time = new Date(field);
  return field === "" || Number.isNaN(time.getTime()) ? "" : time.toISOString();
}
