import { NavLink } from "react-router";
import { cx } from "./cx";

export interface Tab {
  /** Relative to the page; "." is the first. */
  to: string;
  label: string;
}

/** Tabs that are addresses, so that each can be linked to. */
export function Tabs({ label, tabs }: { label: string; tabs: readonly Tab[] }) {
  return (
    <nav
      aria-label={label}
      className="-mx-4 mb-6 overflow-x-auto border-b px-4 [scrollbar-width:none] sm:mx-0 sm:mb-8 sm:px-0"
    >
      <ul className="flex gap-5">
        {tabs.map((tab) => (
          <li key={tab.to}>
            <NavLink
              to={tab.to}
              end={tab.to === "."}
              className={({ isActive }) =>
                cx(
                  "touchable -mb-px inline-flex items-center border-b-2 py-2 whitespace-nowrap transition-colors",
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
