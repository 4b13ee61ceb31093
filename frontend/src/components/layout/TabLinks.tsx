import { useEffect, useRef } from "react";
import { NavLink, useLocation } from "react-router";
import { cx } from "~/components/cx";

export interface TabLink {
  /** Relative to the page; "." is the first tab. */
  to: string;
  label: string;
}

/** Tabs that are links, each with its own URL. */
export function TabLinks({ label, tabs }: { label: string; tabs: readonly TabLink[] }) {
  const nav = useRef<HTMLElement>(null);
  const { pathname } = useLocation();
  // biome-ignore lint/correctness/useExhaustiveDependencies: another path activates another tab
  useEffect(() => {
    const active = nav.current?.querySelector<HTMLElement>("[aria-current=page]");
    if (!nav.current || !active) return;
    nav.current.scrollLeft = active.offsetLeft - (nav.current.clientWidth - active.offsetWidth) / 2;
  }, [pathname]);
  return (
    <nav
      ref={nav}
      aria-label={label}
      className="fading-sides relative -mx-4 -mb-[3px] overflow-x-auto px-4 [scrollbar-width:none] sm:mx-0 sm:px-0"
    >
      <ul className="flex gap-5">
        {tabs.map((tab) => (
          <li key={tab.to}>
            <NavLink
              to={tab.to}
              end={tab.to === "."}
              className={({ isActive }) =>
                cx(
                  "touchable inline-flex items-center border-b-[3px] py-2.5 whitespace-nowrap transition-colors",
                  isActive
                    ? "border-accent font-medium text-ink"
                    : "border-transparent text-soft hover:text-ink",
                )
              }
            >
              {tab.label}
            </NavLink>
          </li>
        ))}
      </ul>
    </nav>
  );
}
