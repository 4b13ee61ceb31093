import { type ReactNode, useId } from "react";

/** A part of the settings: what it is about on the left, what can be done on the right. */
export function Section({
  title,
  text,
  children,
}: {
  title: string;
  text: ReactNode;
  children: ReactNode;
}) {
  const id = useId();
  return (
    <section
      aria-labelledby={id}
      className="grid gap-x-12 gap-y-4 border-b py-8 first:pt-0 last:border-0 lg:grid-cols-[17rem_minmax(0,1fr)]"
    >
      <div>
        <h2 id={id} className="text-lg">
          {title}
        </h2>
        <div className="mt-1 text-sm text-soft">{text}</div>
      </div>
      <div className="max-w-2xl min-w-0">{children}</div>
    </section>
  );
}
