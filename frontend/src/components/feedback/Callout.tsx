import type { ReactNode } from "react";
import { cx } from "~/components/cx";

interface CalloutProps {
  tone: "warn" | "danger";
  title?: string;
  /** Whether it has just appeared and screen readers should announce it. */
  isAlert?: boolean;
  className?: string;
  children: ReactNode;
}

const CALLOUT_CLASSES = {
  warn: "border-warn bg-warn-soft",
  danger: "border-danger bg-danger-soft",
};
const TITLE_CLASSES = { warn: "text-warn", danger: "text-danger" };

/** A warning or an error beside the content. */
export function Callout({ tone, title, isAlert, className, children }: CalloutProps) {
  return (
    <div
      role={isAlert ? "alert" : undefined}
      className={cx(
        "border-l-2 px-4 py-3 text-sm text-ink [overflow-wrap:anywhere]",
        CALLOUT_CLASSES[tone],
        className,
      )}
    >
      {title && <h2 className={cx("mb-0.5 text-base", TITLE_CLASSES[tone])}>{title}</h2>}
      {children}
    </div>
  );
}
