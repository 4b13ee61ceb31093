/** Arrow keys lead from row to row of a list, by the link of each: `data-row-link`. */

import type { KeyboardEvent } from "react";

const LINKS = "[data-row-link]";

const linksIn = (list: HTMLElement): HTMLElement[] => [
  ...list.querySelectorAll<HTMLElement>(LINKS),
];

export function focusFirstRow(list: HTMLElement | null): void {
  if (list) linksIn(list)[0]?.focus();
}

/** For `onKeyDown` of what is around the rows. Before the first row comes `above`. */
export function moveByKey(event: KeyboardEvent<HTMLElement>, above?: () => void): void {
  const links = linksIn(event.currentTarget);
  const row = (event.target as HTMLElement).closest("tr");
  const at = links.findIndex((link) => row?.contains(link));
  if (at < 0) return;
  if (event.key === "ArrowUp" && at === 0 && above) {
    event.preventDefault();
    above();
    return;
  }
  const next = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: links.length - 1 }[event.key];
  const link = next === undefined ? undefined : links[next];
  if (!link) return;
  event.preventDefault();
  link.focus();
  link.scrollIntoView({ block: "nearest" });
}

/** The link of the row behind a row, or before the last. */
export function neighbourOf(element: HTMLElement): HTMLElement | null {
  const row = element.closest("tr");
  const beside = row?.nextElementSibling ?? row?.previousElementSibling;
  return beside?.querySelector<HTMLElement>(LINKS) ?? null;
}
