/** Radio buttons side by side; a choice takes effect immediately. */

import type { LucideIcon } from "lucide-react";
import { useId } from "react";
import { useOptimisticValue } from "./useOptimisticValue";

interface Option<Id extends string> {
  id: Id;
  label: string;
  icon?: LucideIcon;
}

interface SegmentedControlProps<Id extends string> {
  /** The accessible name. */
  label: string;
  options: readonly Option<Id>[];
  value: Id;
  onChange: (id: Id) => void;
}

export function SegmentedControl<Id extends string>({
  label,
  options,
  value,
  onChange,
}: SegmentedControlProps<Id>) {
  const name = useId();
  const [shown, change] = useOptimisticValue(value);
  return (
    <fieldset className="inline-flex max-w-full max-sm:w-full rounded-sm border bg-sunken p-0.5">
      <legend className="sr-only">{label}</legend>
      {options.map(({ id, label: text, icon: Icon }) => (
        <label
          key={id}
          className="touchable relative flex items-center justify-center gap-2 rounded-sm px-3 py-1 text-sm whitespace-nowrap text-soft transition-colors hover:text-ink has-checked:bg-raised has-checked:font-medium has-checked:text-ink has-checked:shadow-[0_0_0_1px_var(--rule)] has-focus-visible:outline-2 has-focus-visible:outline-accent max-sm:min-w-0 max-sm:flex-1"
        >
          <input
            type="radio"
            name={name}
            checked={id === shown}
            onChange={() => change(id, () => onChange(id))}
            className="absolute inset-0 cursor-pointer appearance-none outline-none"
          />
          {Icon && <Icon size={16} strokeWidth={1.8} aria-hidden />}
          {text}
        </label>
      ))}
    </fieldset>
  );
}
