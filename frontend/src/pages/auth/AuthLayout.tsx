/** The layout of the sign-in and registration pages: a form beside an illustration. */

import type { ReactNode } from "react";
import { Navigate, useSearchParams } from "react-router";
import { Logo } from "~/app/Logo";
import { OfflineBanner } from "~/app/OfflineBanner";
import { ThemeToggle } from "~/app/ThemeToggle";
import { EventPosition } from "~/components/data/EventPosition";
import { useAuth } from "~/context/AuthContext";

const EXAMPLE_EVENTS = [
  ["Registered", "a new account"],
  ["Uploaded", "a model, version 1, inspected in its sandbox"],
  ["Served", "one row, 0.8 ms"],
  ["Served", "two hundred rows, 3.1 ms"],
  ["VersionAdded", "version 2, a forest"],
  ["Promoted", "version 2 is live"],
  ["Failed", "a column was missing; recorded too"],
  ["Promoted", "version 1 is live again"],
] as const;

interface AuthLayoutProps {
  title: string;
  text: string;
  children: ReactNode;
  /** A link to the other one of the two pages. */
  alternative: ReactNode;
}

export function AuthLayout({ title, text, children, alternative }: AuthLayoutProps) {
  const { status } = useAuth();
  const [search] = useSearchParams();
  if (status === "in") return <Navigate to={safeRedirectPath(search.get("next"))} replace />;
  return (
    <div className="grid min-h-dvh lg:grid-cols-[minmax(0,1fr)_minmax(0,1.1fr)]">
      <div className="flex min-w-0 flex-col px-6 py-6 sm:px-12 lg:px-16">
        <OfflineBanner />
        <header className="flex items-center justify-between">
          <Logo />
          <ThemeToggle />
        </header>
        <main className="m-auto w-full max-w-sm py-12">
          <h1 className="text-2xl">{title}</h1>
          <p className="mt-1 mb-8 text-soft">{text}</p>
          {children}
          <p className="mt-8 border-t pt-4 text-sm text-soft">{alternative}</p>
        </main>
      </div>
      <LedgerIllustration />
    </div>
  );
}

function LedgerIllustration() {
  return (
    <aside
      aria-hidden="true"
      className="relative hidden overflow-hidden border-l-[3px] border-double bg-raised lg:block"
    >
      <span className="absolute inset-y-0 left-28 w-px bg-danger opacity-35" />
      <div className="flex h-full flex-col justify-center pr-12">
        <p className="mb-10 pl-36 text-3xl font-semibold tracking-tight text-balance">
          Every event, recorded permanently.
        </p>
        <ol className="border-t">
          {EXAMPLE_EVENTS.map(([event, what], index) => (
            <li
              key={what}
              className="grid grid-cols-[7rem_minmax(0,1fr)] items-baseline border-b py-2.5"
            >
              <span className="pr-5 text-right text-sm">
                <EventPosition position={index + 1} />
              </span>
              <span className="flex flex-wrap gap-x-4 pl-8">
                <span className="w-32 font-mono text-sm leading-6 text-accent">{event}</span>
                <span className="text-soft">{what}</span>
              </span>
            </li>
          ))}
        </ol>
      </div>
    </aside>
  );
}

/** Where to redirect after signing in: only paths of this site are accepted. */
export function safeRedirectPath(next: string | null): string {
  return next?.match(/^\/(?![/\\])/) ? next : "/";
}
