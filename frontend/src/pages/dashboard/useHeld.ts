import { useRef } from "react";

/** What something was when it was last not held: to be read while it goes on. */
export function useHeld<T>(value: T, isHeld: boolean): T {
  const kept = useRef(value);
  if (!isHeld) kept.current = value;
  return kept.current;
}
