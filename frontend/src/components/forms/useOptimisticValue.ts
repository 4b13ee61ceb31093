import { startTransition, useOptimistic } from "react";

/**
 * What a control shows: what was chosen last, at once. Without it the control would go back for the
 * moment that its choice takes to arrive, as one that stands in the address does. A control that is
 * not given a value shows by itself what was chosen.
 */
export function useOptimisticValue<T>(value: T): [T, (next: T, commit: () => void) => void] {
  const [shown, setShown] = useOptimistic(value);
  const change = (next: T, commit: () => void) =>
    startTransition(() => {
      if (value !== undefined) setShown(next);
      commit();
    });
  return [shown, change];
}
