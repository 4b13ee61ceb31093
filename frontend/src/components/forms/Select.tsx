import { ChevronDown } from "lucide-react";
import type { ComponentProps } from "react";
import { cx } from "~/components/cx";
import { CONTROL_CLASSES, useFieldProps } from "./Field";
import { useOptimisticValue } from "./useOptimisticValue";

/** The browser's select element; its children are the options. */
export function Select({
  className,
  children,
  value,
  onChange,
  ...rest
}: ComponentProps<"select">) {
  const [shown, change] = useOptimisticValue(value);
  return (
    <span className={cx("relative block", className)}>
      <select
        {...useFieldProps()}
        className={cx(CONTROL_CLASSES, "appearance-none pr-8")}
        value={shown}
        onChange={(event) => change(event.target.value, () => onChange?.(event))}
        {...rest}
      >
        {children}
      </select>
      <ChevronDown
        size={15}
        aria-hidden
        className="pointer-events-none absolute top-1/2 right-2.5 -translate-y-1/2 text-soft"
      />
    </span>
  );
}
