import type { ComponentProps } from "react";
import { cx } from "./cx";
import { CONTROL, useFieldProps } from "./Field";

export function Textarea({
  className,
  isCode,
  ...rest
}: ComponentProps<"textarea"> & { isCode?: boolean }) {
  const code = isCode && "font-mono text-sm";
  return (
    <textarea
      rows={4}
      spellCheck={!isCode}
      {...useFieldProps()}
      className={cx(CONTROL, "field-sizing-content max-h-96", code, className)}
      {...rest}
    />
  );
}
