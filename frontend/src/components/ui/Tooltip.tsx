/** A word on what something is, when it is pointed at or focused. It adds nothing that is not said elsewhere. */

import { type ReactNode, useRef } from "react";
import { placeBeside } from "./placing";

const WAIT_MS = 350;

export function Tooltip({ text, children }: { text: string; children: ReactNode }) {
  const around = useRef<HTMLSpanElement>(null);
  const tip = useRef<HTMLSpanElement>(null);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const show = () => {
    clearTimeout(timer.current);
    timer.current = setTimeout(() => {
      if (!tip.current || !around.current) return;
      tip.current.showPopover();
      placeBeside(tip.current, around.current, "above");
    }, WAIT_MS);
  };
  const hide = () => {
    clearTimeout(timer.current);
    if (tip.current?.matches(":popover-open")) tip.current.hidePopover();
  };
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: only what is inside can be used
    <span
      ref={around}
      className="inline-flex"
      onPointerEnter={show}
      onPointerLeave={hide}
      onPointerDown={hide}
      onFocus={show}
      onBlur={hide}
    >
      {children}
      <span
        ref={tip}
        popover="manual"
        aria-hidden
        className="pointer-events-none fixed m-0 max-w-72 rounded-sm bg-ink px-2 py-1 text-xs text-paper"
      >
        {text}
      </span>
    </span>
  );
}
