import type { ComponentProps } from "react";
import { cx } from "~/components/cx";
import { CONTROL_CLASSES, useFieldProps } from "./Field";

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
      className={cx(CONTROL_CLASSES, "field-sizing-content max-h-96", code, className)}
      {...rest}
    />
  );
}
