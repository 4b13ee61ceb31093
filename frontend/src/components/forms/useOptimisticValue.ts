import { startTransition, useOptimistic } from "react";

/**
 * The value that a control shows: the new one immediately, even while the owner of the value (such
 * as the URL) updates in a transition. A control without a given value stays uncontrolled.
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
