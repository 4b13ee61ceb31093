import type { ComponentProps, ReactNode } from "react";
import { cx } from "./cx";

export function Checkbox({
  label,
  className,
  ...rest
}: ComponentProps<"input"> & { label: ReactNode }) {
  return (
    <label className={cx("touchable flex items-center gap-2.5 has-disabled:text-faint", className)}>
      <input type="checkbox" className="size-4 shrink-0 accent-accent" {...rest} />
      <span>{label}</span>
    </label>
  );
}
