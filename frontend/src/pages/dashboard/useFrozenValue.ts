import { useRef } from "react";

/** The value, or its last one before `isFrozen` became true. */
export function useFrozenValue<T>(value: T, isFrozen: boolean): T {
  const latest = useRef(value);
  if (!isFrozen) latest.current = value;
  return latest.current;
}
