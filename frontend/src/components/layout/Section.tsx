import type { ReactNode } from "react";
import { useId } from "react";

interface SectionProps {
  title: string;
  text?: ReactNode;
  /** Buttons beside the title. */
  actions?: ReactNode;
  /** Places the title beside the content where the screen is wide enough, as in settings. */
  isTwoColumn?: boolean;
  children: ReactNode;
}

/** A part of a page with its own heading. */
export function Section({ title, text, actions, isTwoColumn, children }: SectionProps) {
  const id = useId();
  return (
    <section
      aria-labelledby={id}
      className={
        isTwoColumn
          ? "grid gap-x-12 gap-y-4 border-b py-8 first-of-type:pt-0 last-of-type:border-0 lg:grid-cols-[minmax(0,17rem)_minmax(0,1fr)]"
          : "mb-12"
      }
    >
      <div
        className={
          isTwoColumn ? "" : "mb-3 flex flex-wrap items-end justify-between gap-x-6 gap-y-2"
        }
      >
        <div className="min-w-0">
          <h2 id={id} className="text-lg">
            {title}
          </h2>
          {text && <div className="mt-0.5 max-w-2xl text-sm text-soft">{text}</div>}
        </div>
        {actions && <div className={isTwoColumn ? "mt-4" : ""}>{actions}</div>}
      </div>
      <div className="min-w-0">{children}</div>
    </section>
  );
}
