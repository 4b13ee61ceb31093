import type { ReactNode } from "react";
import { cx } from "~/components/cx";

export type Tone = "plain" | "accent" | "success" | "warn" | "danger";

const BADGE_CLASSES: Record<Tone, string> = {
  plain: "bg-sunken text-soft",
  accent: "bg-accent-soft text-accent",
  success: "bg-success-soft text-success",
  warn: "bg-warn-soft text-warn",
  danger: "bg-danger-soft text-danger",
};
const DOT_CLASSES: Record<Tone, string> = {
  plain: "text-faint",
  accent: "text-accent",
  success: "text-success",
  warn: "text-warn",
  danger: "text-danger",
};

export function Badge({ tone = "plain", children }: { tone?: Tone; children: ReactNode }) {
  return (
    <span
      className={cx(
        "inline-flex items-center rounded-sm px-1.5 text-xs leading-5 font-medium whitespace-nowrap",
        BADGE_CLASSES[tone],
      )}
    >
      {children}
    </span>
  );
}

/** A state, as a coloured dot and a text. The dot pulses while `isBusy`. */
export function Status({
  tone = "plain",
  isBusy,
  children,
}: {
  tone?: Tone;
  isBusy?: boolean;
  children: ReactNode;
}) {
  return (
    <span className="inline-flex items-center gap-2 text-sm whitespace-nowrap">
      <svg
        viewBox="0 0 8 8"
        width="8"
        height="8"
        aria-hidden="true"
        className={cx(DOT_CLASSES[tone], isBusy && "animate-breathe")}
      >
        <circle
          cx="4"
          cy="4"
          r={3.5}
          fill={tone === "plain" ? "none" : "currentColor"}
          stroke="currentColor"
        />
      </svg>
      {children}
    </span>
  );
}
