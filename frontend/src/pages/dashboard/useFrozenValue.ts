import { useRef } from "react";

/** What something was when it was last not held: to be read while it goes on. */
export function useFrozenValue<T>(value: T, isFrozen: boolean): T {
  const latest = useRef(value);
  if (!isFrozen) latest.current = value;
  return latest.current;
}
