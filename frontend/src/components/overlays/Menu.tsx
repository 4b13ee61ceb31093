/**
 * A list of actions behind a button: the browser's popover with the keyboard behaviour of a menu.
 */

import type { LucideIcon } from "lucide-react";
import { cloneElement, type KeyboardEvent, type ReactElement, useId, useRef } from "react";
import { cx } from "~/components/cx";
import { positionBeside } from "./position";

export interface MenuItem {
  label: string;
  icon?: LucideIcon;
  run: () => void;
  isDangerous?: boolean;
  isDisabled?: boolean;
}

interface MenuProps {
  /** A `Button` or an `IconButton`. */
  button: ReactElement<{ popoverTarget?: string; "aria-haspopup"?: "menu" }>;
  label: string;
  items: readonly MenuItem[];
}

export function Menu({ button, label, items }: MenuProps) {
  const id = useId();
  const menu = useRef<HTMLDivElement>(null);
  const wrapper = useRef<HTMLSpanElement>(null);
  const menuItems = () => [
    ...(menu.current?.querySelectorAll<HTMLElement>("[role=menuitem]:not(:disabled)") ?? []),
  ];
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "Tab") menu.current?.hidePopover();
    const next = itemForKey(event.key, menuItems());
    if (!next) return;
    event.preventDefault();
    next.focus();
  };
  return (
    <span ref={wrapper} className="inline-flex">
      {cloneElement(button, { popoverTarget: id, "aria-haspopup": "menu" })}
      <div
        ref={menu}
        id={id}
        popover="auto"
        role="menu"
        tabIndex={-1}
        aria-label={label}
        onKeyDown={onKeyDown}
        onToggle={(event) => {
          if (event.newState !== "open" || !menu.current || !wrapper.current) return;
          positionBeside(menu.current, wrapper.current, "below", true);
          menuItems()[0]?.focus();
        }}
        className="fixed m-0 min-w-44 rounded-md border bg-raised p-1 text-ink shadow-float"
      >
        {items.map(({ label: name, icon: Icon, run, isDangerous, isDisabled }) => (
          <button
            key={name}
            type="button"
            role="menuitem"
            tabIndex={-1}
            disabled={isDisabled}
            onClick={() => {
              menu.current?.hidePopover();
              run();
            }}
            className={cx(
              "touchable flex w-full items-center gap-2.5 rounded-sm px-2.5 py-1.5 text-left text-sm hover:bg-sunken focus:bg-sunken disabled:opacity-50",
              isDangerous && "text-danger",
            )}
          >
            {Icon && <Icon size={15} strokeWidth={1.8} aria-hidden />}
            {name}
          </button>
        ))}
      </div>
    </span>
  );
}

/** The item that a key moves the focus to. */
function itemForKey(key: string, menuItems: HTMLElement[]): HTMLElement | undefined {
  const index = menuItems.indexOf(document.activeElement as HTMLElement);
  if (key === "ArrowDown") return menuItems[(index + 1) % menuItems.length];
  if (key === "ArrowUp") return menuItems.at((index <= 0 ? menuItems.length : index) - 1);
  if (key === "Home") return menuItems[0];
  if (key === "End") return menuItems.at(-1);
  if (key.length !== 1 || key === " ") return undefined;
  const order = [...menuItems.slice(index + 1), ...menuItems.slice(0, index + 1)];
  return order.find((row) => row.textContent?.toLowerCase().startsWith(key.toLowerCase()));
}
