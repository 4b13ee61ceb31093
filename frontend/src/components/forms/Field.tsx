/** A label, a hint and an error message around a form control. */

import { createContext, type ReactNode, use, useId } from "react";
import { cx } from "~/components/cx";

interface FieldState {
  id: string;
  hintId: string;
  hasHint: boolean;
  error: string | undefined;
}

const FieldContext = createContext<FieldState | null>(null);

interface FieldProps {
  label: ReactNode;
  hint?: ReactNode;
  error?: string;
  isOptional?: boolean;
  className?: string;
  children: ReactNode;
}

export function Field({ label, hint, error, isOptional, className, children }: FieldProps) {
  const id = useId();
  const hintId = `${id}-hint`;
  const note = error ?? hint;
  return (
    <div className={cx("flex flex-col gap-1", className)}>
      <label htmlFor={id} className="text-sm font-medium">
        {label} {isOptional && <span className="font-normal text-faint">(optional)</span>}
      </label>
      <FieldContext value={{ id, hintId, hasHint: note !== undefined, error }}>
        {children}
      </FieldContext>
      {note !== undefined && (
        <p id={hintId} className={cx("text-sm", error ? "text-danger" : "text-faint")}>
          {note}
        </p>
      )}
    </div>
  );
}

/** The props that associate a control with the `Field` around it. */
export function useFieldProps(): {
  id?: string;
  "aria-describedby"?: string;
  "aria-invalid"?: true;
} {
  const field = use(FieldContext);
  if (field === null) return {};
  return {
    id: field.id,
    "aria-describedby": field.hasHint ? field.hintId : undefined,
    "aria-invalid": field.error ? true : undefined,
  };
}

export const CONTROL_CLASSES =
  "touchable w-full rounded-sm border border-rule-strong bg-raised px-3 py-1.5 placeholder:text-faint transition-colors " +
  "hover:border-ink aria-invalid:border-danger disabled:bg-sunken disabled:text-faint";
