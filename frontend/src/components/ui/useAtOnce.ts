import { startTransition, useOptimistic } from "react";

/**
 * What a control shows: what was chosen last, at once. Without it the control would go back for the
 * moment that its choice takes to arrive, as one that stands in the address does. A control that is
 * not given a value shows by itself what was chosen.
 */
export function useAtOnce<T>(value: T): [T, (chosen: T, tell: () => void) => void] {
  const [shown, show] = useOptimistic(value);
  const choose = (chosen: T, tell: () => void) =>
    startTransition(() => {
      if (value !== undefined) show(chosen);
      tell();
    });
  return [shown, choose];
}
