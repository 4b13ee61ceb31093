import type { ReactNode } from "react";
import { cx } from "~/components/cx";

interface EmptyStateProps {
  title: string;
  text?: ReactNode;
  /** Whether something failed, rather than being empty. */
  isFailure?: boolean;
  /** Buttons. */
  children?: ReactNode;
}

/** Shown if there is no content, on a background of ruled lines. */
export function EmptyState({ title, text, isFailure, children }: EmptyStateProps) {
  return (
    <div
      role={isFailure ? "alert" : undefined}
      className={cx(
        "relative overflow-hidden border-y px-4 py-14 text-center",
        isFailure && "border-danger",
      )}
    >
      <svg aria-hidden="true" className="absolute inset-0 size-full text-rule opacity-60">
        <defs>
          <pattern id="unwritten" width="100%" height="28" patternUnits="userSpaceOnUse">
            <path d="M0 27.5h4000" stroke="currentColor" />
          </pattern>
        </defs>
        <rect width="100%" height="100%" fill="url(#unwritten)" />
      </svg>
      <div className="relative mx-auto w-fit max-w-lg bg-paper px-6 py-1">
        <h2 className="text-lg">{title}</h2>
        {text && <div className="mt-1 text-soft [overflow-wrap:anywhere]">{text}</div>}
        {children && <div className="mt-5 flex flex-wrap justify-center gap-3">{children}</div>}
      </div>
    </div>
  );
}
