/** Tabs that switch between views of the same content without changing the page. */

import { type KeyboardEvent, type ReactNode, useId } from "react";
import { cx } from "~/components/cx";

export interface Tab<Id extends string> {
  id: Id;
  label: string;
}

interface TabsProps<Id extends string> {
  /** The accessible name. */
  label: string;
  tabs: readonly Tab<Id>[];
  value: Id;
  onChange: (id: Id) => void;
  /** Content beside the tabs. */
  aside?: ReactNode;
  /** The selected view. */
  children: ReactNode;
}

export function Tabs<Id extends string>({
  label,
  tabs,
  value,
  onChange,
  aside,
  children,
}: TabsProps<Id>) {
  const idPrefix = useId();
  const onKeyDown = (event: KeyboardEvent<HTMLDivElement>) => {
    const index = tabs.findIndex(({ id }) => id === value);
    const next = nextIndex(event.key, index, tabs.length);
    const tab = next === null ? undefined : tabs.at(next);
    if (!tab) return;
    event.preventDefault();
    onChange(tab.id);
    document.getElementById(`${idPrefix}${tab.id}`)?.focus();
  };
  return (
    <div className="min-w-0">
      <div className="mb-4 flex flex-wrap items-center justify-between gap-x-4 gap-y-2">
        <div
          role="tablist"
          aria-label={label}
          onKeyDown={onKeyDown}
          className="inline-flex rounded-sm border bg-sunken p-0.5"
        >
          {tabs.map(({ id, label: name }) => (
            <button
              key={id}
              id={`${idPrefix}${id}`}
              type="button"
              role="tab"
              aria-selected={id === value}
              aria-controls={`${idPrefix}panel`}
              tabIndex={id === value ? 0 : -1}
              onClick={() => onChange(id)}
              className={cx(
                "touchable rounded-sm px-3 py-1 text-sm transition-colors",
                id === value
                  ? "bg-raised font-medium text-ink shadow-[0_0_0_1px_var(--rule)]"
                  : "text-soft hover:text-ink",
              )}
            >
              {name}
            </button>
          ))}
        </div>
        {aside}
      </div>
      <div id={`${idPrefix}panel`} role="tabpanel" aria-labelledby={`${idPrefix}${value}`}>
        {children}
      </div>
    </div>
  );
}

/** The index of the tab that a key selects. */
function nextIndex(key: string, index: number, count: number): number | null {
  if (key === "ArrowRight") return (index + 1) % count;
  if (key === "ArrowLeft") return index - 1;
  if (key === "Home") return 0;
  return key === "End" ? count - 1 : null;
}
