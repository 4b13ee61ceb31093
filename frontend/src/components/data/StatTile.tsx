import type { ReactNode } from "react";
import { cx } from "~/components/cx";
import type { Tone } from "./Badge";

interface TileProps {
  label: string;
  /** Null while it is loading. */
  value: ReactNode;
  unit?: string;
  /** A comparison or trend: a text, or a `Sparkline`. */
  note?: ReactNode;
  tone?: Tone;
}

const VALUE_CLASSES: Record<Tone, string> = {
  plain: "",
  accent: "text-accent",
  success: "text-success",
  warn: "text-warn",
  danger: "text-danger",
};

/** One figure with its label. Several are placed in `StatTiles`. */
export function StatTile({ label, value, unit, note, tone = "plain" }: TileProps) {
  return (
    <div className="min-w-0 bg-paper px-4 py-4 max-lg:odd:pl-0 max-lg:last:odd:col-span-2 sm:px-5 lg:first:pl-0">
      <dt className="text-sm text-soft">{label}</dt>
      <dd className={cx("mt-1 truncate text-2xl font-medium tracking-tight", VALUE_CLASSES[tone])}>
        {value ?? (
          <span className="inline-block h-8 w-16 animate-breathe rounded-sm bg-sunken align-middle" />
        )}
        {unit && value !== null && (
          <span className="ml-1 text-sm font-normal text-soft">{unit}</span>
        )}
      </dd>
      {note !== undefined && <dd className="mt-1 min-h-5 text-sm text-faint">{note}</dd>}
    </div>
  );
}

export function StatTiles({ children, label }: { children: ReactNode; label: string }) {
  return (
    <section aria-label={label} className="mb-10 border-y">
      <dl className="-mx-px grid grid-cols-2 gap-px overflow-hidden bg-rule lg:auto-cols-fr lg:grid-flow-col lg:grid-cols-none">
        {children}
      </dl>
    </section>
  );
}
