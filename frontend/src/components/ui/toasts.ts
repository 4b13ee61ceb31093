/**
 * Short notes at the edge of the page, with an action such as Undo.
 *
 * Our own: react-hot-toast styles itself by <style> elements, which the page's CSP refuses.
 */

export interface Toast {
  text: string;
  tone?: "plain" | "success" | "warn" | "danger";
  action?: { label: string; run: () => unknown };
  /** How long it is shown; longer where there is something to press. */
  ms?: number;
  /** Called when it has gone and its action was not taken. */
  onExpired?: () => unknown;
}

export interface ShownToast extends Toast {
  id: number;
}

const SHOWN_MS = 5_000;
const SHOWN_WITH_ACTION_MS = 8_000;
const SHOWN_MAX = 4;

let shown: readonly ShownToast[] = [];
let lastId = 0;
const timers = new Map<number, ReturnType<typeof setTimeout>>();
const listeners = new Set<() => void>();

export function toast(what: Toast): () => void {
  lastId += 1;
  const id = lastId;
  become([...shown, { ...what, id }]);
  start(id, what);
  for (const { id: old } of shown.slice(0, -SHOWN_MAX)) expire(old);
  return () => take(id);
}

export const snapshot = (): readonly ShownToast[] => shown;

export function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** While somebody points at a toast it stays. */
export function hold(id: number): void {
  clearTimeout(timers.get(id));
}

export function release(id: number): void {
  const toast = shown.find((each) => each.id === id);
  if (toast) start(id, toast);
}

/** Close it because its time is over, or because it was read. */
export function expire(id: number): void {
  take(id)?.onExpired?.();
}

/** Close it and do what its button says. */
export function act(id: number): void {
  take(id)?.action?.run();
}

function start(id: number, { ms, action }: Toast): void {
  clearTimeout(timers.get(id));
  timers.set(
    id,
    setTimeout(() => expire(id), ms ?? (action ? SHOWN_WITH_ACTION_MS : SHOWN_MS)),
  );
}

function take(id: number): ShownToast | undefined {
  clearTimeout(timers.get(id));
  timers.delete(id);
  const toast = shown.find((each) => each.id === id);
  become(shown.filter((each) => each.id !== id));
  return toast;
}

function become(next: readonly ShownToast[]): void {
  shown = next;
  for (const listener of listeners) listener();
}
