/**
 * Keyboard navigation of rows: j, k or the arrow keys move the focus, Enter follows the row's link.
 */

import { useEffect } from "react";

const STEPS: Readonly<Record<string, number>> = { j: 1, ArrowDown: 1, k: -1, ArrowUp: -1 };

/**
 * Rows contain a link with the attribute `data-row-link`. While a row is open, `onStep` is called
 * instead.
 */
export function useRowNavigation(onStep: ((step: number) => void) | null): void {
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      const step = STEPS[event.key];
      if (step === undefined || isHandledElsewhere(event, onStep !== null)) return;
      if (onStep !== null) onStep(step);
      else if (focusRow(step)) event.preventDefault();
    };
    addEventListener("keydown", onKeyDown);
    return () => removeEventListener("keydown", onKeyDown);
  }, [onStep]);
}

/** Whether the key is typed into a field, has a modifier, or scrolls something. */
function isHandledElsewhere(event: KeyboardEvent, isOpen: boolean): boolean {
  if (event.metaKey || event.ctrlKey || event.altKey) return true;
  const target = event.target instanceof Element ? event.target : null;
  if (target?.closest("input, textarea, select, [role=menu]")) return true;
  const dialog = target?.closest("dialog") ?? document.querySelector("dialog[open]");
  return isOpen ? event.key.startsWith("Arrow") : dialog !== null;
}

function focusRow(step: number): boolean {
  const links = rowLinks();
  const index = links.indexOf(document.activeElement as HTMLElement);
  // The arrow keys scroll the page until a row has the focus. Above the first row is the search
  // field.
  const next = index === -1 ? (step > 0 ? links[0] : links.at(-1)) : links[index + step];
  const target = next ?? (index === 0 && step < 0 ? searchField() : null);
  target?.focus();
  target?.scrollIntoView({ block: "nearest" });
  return target !== null;
}

export function focusFirstRow(): void {
  rowLinks()[0]?.focus();
}

/** The link of the next row, or of the previous one for the last row. */
export function neighbourRowLink(element: HTMLElement): HTMLElement | null {
  const row = element.closest("tr");
  const beside = row?.nextElementSibling ?? row?.previousElementSibling;
  return beside?.querySelector<HTMLElement>("[data-row-link]") ?? null;
}

const rowLinks = (): HTMLElement[] => [
  ...document.querySelectorAll<HTMLElement>("main [data-row-link]"),
];
const searchField = (): HTMLElement | null =>
  document.querySelector<HTMLElement>("main input[type=search]");
