/** j and k, or the arrows, lead from row to row; Enter is the row's own link. */

import { useEffect } from "react";

const STEPS: Readonly<Record<string, number>> = { j: 1, ArrowDown: 1, k: -1, ArrowUp: -1 };

/**
 * Rows hold a link with the attribute `data-row-link`. `onStep` is called instead where a row is open already.
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

/** Typed into something, with another key, or meant for what scrolls. */
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
  // The arrows scroll the page until a row has been gone to. Before the first row comes the search.
  const next = index === -1 ? (step > 0 ? links[0] : links.at(-1)) : links[index + step];
  const target = next ?? (index === 0 && step < 0 ? searchField() : null);
  target?.focus();
  target?.scrollIntoView({ block: "nearest" });
  return target !== null;
}

export function focusFirstRow(): void {
  rowLinks()[0]?.focus();
}

/** The link of the row behind a row, or before the last. */
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
