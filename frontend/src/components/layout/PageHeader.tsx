import { type ReactNode, useEffect } from "react";
import { cx } from "~/components/cx";

interface PageHeaderProps {
  title: string;
  /** A line above the title, such as the type or the parent of what is shown. */
  eyebrow?: ReactNode;
  /** One line on the purpose of the page. */
  text?: ReactNode;
  /** Buttons. */
  children?: ReactNode;
  /** Tab links at the bottom of the header. */
  tabs?: ReactNode;
}

/** Title of the page and of the browser tab. Long texts are cut. */
export function PageHeader({ title, eyebrow, text, children, tabs }: PageHeaderProps) {
  useEffect(() => {
    document.title = `${title} · ML Deployment Platform`;
  }, [title]);
  return (
    <header className="ruled-off mb-6 sm:mb-8">
      <div
        className={cx(
          "flex flex-wrap items-end justify-between gap-x-8 gap-y-4",
          tabs ? "pb-3" : "pb-5",
        )}
      >
        <div className="min-w-0 max-w-3xl">
          {eyebrow && <div className="eyebrow mb-1">{eyebrow}</div>}
          <h1 title={title} className="line-clamp-3 text-2xl [overflow-wrap:anywhere]">
            {title}
          </h1>
          {text && (
            <p
              title={typeof text === "string" ? text : undefined}
              className="mt-1 line-clamp-3 text-soft [overflow-wrap:anywhere]"
            >
              {text}
            </p>
          )}
        </div>
        {children && <div className="flex flex-wrap gap-3">{children}</div>}
      </div>
      {tabs}
    </header>
  );
}
