/** `2 · forest`; a label equal to the number is omitted. */
export const versionName = (number: number, label: string): string =>
  label === "" || label === String(number) ? String(number) : `${number} · ${label}`;
