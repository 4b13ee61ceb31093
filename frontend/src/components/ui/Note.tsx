import type { ReactNode } from "react";
import { cx } from "./cx";

interface NoteProps {
  tone: "warn" | "danger";
  title?: string;
  /** Whether it has come up just now and is to be heard at once. */
  isAlert?: boolean;
  className?: string;
  children: ReactNode;
}

const TONES = { warn: "border-warn bg-warn-soft", danger: "border-danger bg-danger-soft" };
const TITLES = { warn: "text-warn", danger: "text-danger" };

/** Beside the text, what one should know before going on. */
export function Note({ tone, title, isAlert, className, children }: NoteProps) {
  return (
    <div
      role={isAlert ? "alert" : undefined}
      className={cx(
        "border-l-2 px-4 py-3 text-sm text-ink [overflow-wrap:anywhere]",
        TONES[tone],
        className,
      )}
    >
      {title && <h2 className={cx("mb-0.5 text-base", TITLES[tone])}>{title}</h2>}
      {children}
    </div>
  );
}
