/**
 * Short messages at the edge of the page, with an optional action such as Undo.
 *
 * Our own, as react-hot-toast adds <style> elements, which the page's CSP refuses.
 */

export interface Toast {
  text: string;
  tone?: "plain" | "success" | "warn" | "danger";
  action?: { label: string; run: () => unknown };
  /** How long it is shown; longer by default if it has an action. */
  durationMs?: number;
  /** Called when it closes without its action being taken. */
  onDismissed?: () => unknown;
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

export function toast(options: Toast): () => void {
  lastId += 1;
  const id = lastId;
  setShown([...shown, { ...options, id }]);
  startTimer(id, options);
  for (const { id: old } of shown.slice(0, -SHOWN_MAX)) dismiss(old);
  return () => remove(id);
}

export const snapshot = (): readonly ShownToast[] => shown;

export function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** A toast stays while the pointer or the focus is on it. */
export function pauseTimer(id: number): void {
  clearTimeout(timers.get(id));
}

export function restartTimer(id: number): void {
  const toast = shown.find((each) => each.id === id);
  if (toast) startTimer(id, toast);
}

/** Close it, after its time or by its close button. */
export function dismiss(id: number): void {
  remove(id)?.onDismissed?.();
}

/** Close it and run its action. */
export function runAction(id: number): void {
  remove(id)?.action?.run();
}

function startTimer(id: number, { durationMs, action }: Toast): void {
  clearTimeout(timers.get(id));
  timers.set(
    id,
    setTimeout(() => dismiss(id), durationMs ?? (action ? SHOWN_WITH_ACTION_MS : SHOWN_MS)),
  );
}

function remove(id: number): ShownToast | undefined {
  clearTimeout(timers.get(id));
  timers.delete(id);
  const toast = shown.find((each) => each.id === id);
  setShown(shown.filter((each) => each.id !== id));
  return toast;
}

function setShown(next: readonly ShownToast[]): void {
  shown = next;
  for (const listener of listeners) listener();
}
