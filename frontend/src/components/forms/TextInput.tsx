import type { ComponentProps } from "react";
import { cx } from "~/components/cx";
import { CONTROL_CLASSES, useFieldProps } from "./Field";

/** Accepts what react-hook-form's `register` returns. */
export function TextInput({ className, ...rest }: ComponentProps<"input">) {
  return (
    <input
      type="text"
      autoComplete="off"
      {...useFieldProps()}
      className={cx(CONTROL_CLASSES, className)}
      {...rest}
    />
  );
}
