/** The layout around all pages: a sidebar, or on phones a bottom bar with a drawer. */

import { Menu as MenuIcon, Search } from "lucide-react";
import { lazy, Suspense, useEffect, useState } from "react";
import { NavLink, Outlet, useLocation } from "react-router";
import { cx } from "~/components/cx";
import { KeyCombination } from "~/components/data/KeyCombination";
import { Dialog } from "~/components/overlays/Dialog";
import { useAuth, useUser } from "~/context/AuthContext";
import { useCommandContext } from "~/context/CommandContext";
import { isHistoryPath, setFlag } from "~/services/firstSteps";
import { Logo } from "./Logo";
import { itemsFor, type NavigationItem } from "./navigation";
import { OfflineBanner } from "./OfflineBanner";
import { ThemeToggle } from "./ThemeToggle";

const CommandPalette = lazy(() =>
  import("./CommandPalette").then((m) => ({ default: m.CommandPalette })),
);
const KeyboardHelp = lazy(() =>
  import("./KeyboardHelp").then((m) => ({ default: m.KeyboardHelp })),
);

export function AppLayout() {
  const { open } = useCommandContext();
  const { id } = useUser();
  const { pathname } = useLocation();
  useEffect(() => {
    if (isHistoryPath(pathname)) setFlag("history-seen", id);
  }, [pathname, id]);
  return (
    <div className="min-h-dvh lg:grid lg:grid-cols-[15rem_minmax(0,1fr)]">
      <a
        href="#content"
        className="sr-only focus:not-sr-only focus:absolute focus:z-10 focus:m-2 focus:bg-accent focus:px-3 focus:py-2 focus:text-on-accent"
      >
        Skip to the content
      </a>
      <Sidebar />
      <div className="min-w-0 pb-20 lg:pb-0">
        <OfflineBanner />
        <main
          id="content"
          tabIndex={-1}
          className="mx-auto max-w-6xl px-4 py-6 outline-none sm:px-8 sm:py-10"
        >
          <Outlet />
        </main>
      </div>
      <BottomBar />
      {/* Their code is loaded when they are first opened. */}
      <Suspense>
        {open === "palette" && <CommandPalette />}
        {open === "help" && <KeyboardHelp />}
      </Suspense>
    </div>
  );
}

function Sidebar() {
  const { isAdmin } = useAuth();
  return (
    <header className="sticky top-0 hidden h-dvh flex-col border-r-[3px] border-double lg:flex">
      <div className="px-5 pt-8 pb-6">
        <Logo />
      </div>
      <FindButton />
      <nav aria-label="Pages" className="flex-1 overflow-y-auto px-3 py-4">
        <NavigationLinks pages={itemsFor(isAdmin)} />
      </nav>
      <AccountMenu />
    </header>
  );
}

function FindButton() {
  const { show } = useCommandContext();
  return (
    <button
      type="button"
      onClick={() => show("palette")}
      className="mx-5 flex items-center gap-2 border-b border-rule-strong py-1.5 text-sm text-soft hover:text-ink"
    >
      <Search size={15} aria-hidden /> Find{" "}
      <span className="ml-auto">
        <KeyCombination of={["Ctrl", "K"]} />
      </span>
    </button>
  );
}

function NavigationLinks({ pages, onGo }: { pages: readonly NavigationItem[]; onGo?: () => void }) {
  return (
    <ul>
      {pages.map((page, index) => (
        <li
          key={page.path}
          className={cx(page.isForAdmins && !pages[index - 1]?.isForAdmins && "mt-4 border-t pt-4")}
        >
          <NavLink
            to={page.path}
            end={page.path === "/"}
            onClick={onGo}
            className={({ isActive }) =>
              cx(
                "touchable flex items-center gap-3 rounded-sm px-2 py-1.5 transition-colors",
                isActive
                  ? "bg-accent-soft font-medium text-accent"
                  : "text-soft hover:bg-sunken hover:text-ink",
              )
            }
          >
            <page.icon size={17} strokeWidth={1.7} aria-hidden />
            {page.label}
          </NavLink>
        </li>
      ))}
    </ul>
  );
}

function AccountMenu() {
  const { user, signOut } = useAuth();
  return (
    <div className="border-t px-5 py-4 text-sm">
      <div className="flex items-center gap-2">
        <NavLink
          to="/profile"
          className="min-w-0 flex-1 truncate py-1 font-medium hover:text-accent"
        >
          {user?.full_name || user?.username}
        </NavLink>
        <ThemeToggle />
      </div>
      <button
        type="button"
        onClick={() => void signOut()}
        className="touchable text-soft hover:text-ink"
      >
        Sign out
      </button>
    </div>
  );
}

/** On phones. */
function BottomBar() {
  const [isOpen, setOpen] = useState(false);
  const { isAdmin } = useAuth();
  const { pathname } = useLocation();
  const pages = itemsFor(isAdmin);
  return (
    <nav
      aria-label="Pages"
      className="fixed inset-x-0 bottom-0 z-10 border-t-[3px] border-double bg-paper pb-[env(safe-area-inset-bottom)] lg:hidden"
    >
      <ul className="mx-auto flex max-w-lg">
        {pages
          .filter((page) => page.isInBottomBar)
          .map((page) => (
            <li key={page.path} className="flex-1">
              <NavLink
                to={page.path}
                end={page.path === "/"}
                className={({ isActive }) =>
                  cx(ITEM_CLASSES, isActive ? "font-medium text-accent" : "text-soft")
                }
              >
                <page.icon size={20} strokeWidth={1.7} aria-hidden />
                {page.label}
              </NavLink>
            </li>
          ))}
        <li className="flex-1">
          <button
            type="button"
            onClick={() => setOpen(true)}
            aria-haspopup="dialog"
            className={cx(ITEM_CLASSES, "w-full text-soft")}
          >
            <MenuIcon size={20} strokeWidth={1.7} aria-hidden />
            More
          </button>
        </li>
      </ul>
      <Dialog isOpen={isOpen} onClose={() => setOpen(false)} title="Pages" key={pathname}>
        <FindButton />
        <div className="py-3">
          <NavigationLinks pages={pages} onGo={() => setOpen(false)} />
        </div>
        <AccountMenu />
      </Dialog>
    </nav>
  );
}

const ITEM_CLASSES = "flex min-h-14 flex-col items-center justify-center gap-0.5 text-xs";
