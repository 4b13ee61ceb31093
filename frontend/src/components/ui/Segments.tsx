/** A few views of one thing, of which one is shown; the keys are those of tabs. */

import { type KeyboardEvent, type ReactNode, useId } from "react";
import { cx } from "./cx";

export interface Segment<Id extends string> {
  id: Id;
  label: string;
}

interface SegmentsProps<Id extends string> {
  /** What they are views of, for those who do not see it. */
  label: string;
  segments: readonly Segment<Id>[];
  chosen: Id;
  onChoose: (id: Id) => void;
  /** What stands beside them. */
  aside?: ReactNode;
  /** The view that is chosen. */
  children: ReactNode;
}

export function Segments<Id extends string>({
  label,
  segments,
  chosen,
  onChoose,
  aside,
  children,
}: SegmentsProps<Id>) {
  const base = useId();
  const pressed = (event: KeyboardEvent<HTMLDivElement>) => {
    const at = segments.findIndex(({ id }) => id === chosen);
    const next = nextOf(event.key, at, segments.length);
    const segment = next === null ? undefined : segments.at(next);
    if (!segment) return;
    event.preventDefault();
    onChoose(segment.id);
    document.getElementById(`${base}${segment.id}`)?.focus();
  };
  return (
    <div className="min-w-0">
      <div className="mb-4 flex flex-wrap items-center justify-between gap-x-4 gap-y-2">
        <div
          role="tablist"
          aria-label={label}
          onKeyDown={pressed}
          className="inline-flex rounded-sm border bg-sunken p-0.5"
        >
          {segments.map(({ id, label: name }) => (
            <button
              key={id}
              id={`${base}${id}`}
              type="button"
              role="tab"
              aria-selected={id === chosen}
              aria-controls={`${base}panel`}
              tabIndex={id === chosen ? 0 : -1}
              onClick={() => onChoose(id)}
              className={cx(
                "touchable rounded-sm px-3 py-1 text-sm transition-colors",
                id === chosen
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
      <div id={`${base}panel`} role="tabpanel" aria-labelledby={`${base}${chosen}`}>
        {children}
      </div>
    </div>
  );
}

/** To which tab a key leads. */
function nextOf(key: string, at: number, count: number): number | null {
  if (key === "ArrowRight") return (at + 1) % count;
  if (key === "ArrowLeft") return at - 1;
  if (key === "Home") return 0;
  return key === "End" ? count - 1 : null;
}
