import type { ComponentProps, ReactNode } from "react";
import { cx } from "~/components/cx";
import { useOptimisticValue } from "./useOptimisticValue";

/** A setting that takes effect immediately, without being saved. */
export function Switch({
  label,
  className,
  checked,
  onChange,
  ...rest
}: ComponentProps<"input"> & { label: ReactNode }) {
  const [shown, change] = useOptimisticValue(checked);
  return (
    <label className={cx("touchable flex items-center gap-3", className)}>
      <input
        type="checkbox"
        // biome-ignore lint/a11y/useAriaPropsForRole: a checkbox has its state already
        role="switch"
        className="relative h-5 w-9 shrink-0 appearance-none rounded-full border border-rule-strong bg-sunken transition-colors before:absolute before:top-0.5 before:left-0.5 before:size-3.5 before:rounded-full before:bg-rule-strong before:transition-transform checked:border-accent checked:bg-accent checked:before:translate-x-4 checked:before:bg-on-accent disabled:opacity-50"
        checked={shown}
        onChange={(event) => change(event.target.checked, () => onChange?.(event))}
        {...rest}
      />
      <span>{label}</span>
    </label>
  );
}
