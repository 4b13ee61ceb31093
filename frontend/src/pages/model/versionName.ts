/** 2 · forest; a label that is but the number again is left out. */
export const versionName = (number: number, label: string): string =>
  label === "" || label === String(number) ? String(number) : `${number} · ${label}`;
