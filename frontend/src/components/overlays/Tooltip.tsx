/** A tooltip on hover and focus. It only repeats what is available elsewhere. */

import { type ReactNode, useRef } from "react";
import { positionBeside } from "./position";

const DELAY_MS = 350;

export function Tooltip({ text, children }: { text: string; children: ReactNode }) {
  const wrapper = useRef<HTMLSpanElement>(null);
  const bubble = useRef<HTMLSpanElement>(null);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const show = () => {
    clearTimeout(timer.current);
    timer.current = setTimeout(() => {
      if (!bubble.current || !wrapper.current) return;
      bubble.current.showPopover();
      positionBeside(bubble.current, wrapper.current, "above");
    }, DELAY_MS);
  };
  const hide = () => {
    clearTimeout(timer.current);
    if (bubble.current?.matches(":popover-open")) bubble.current.hidePopover();
  };
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: only its children are interactive
    <span
      ref={wrapper}
      className="inline-flex"
      onPointerEnter={show}
      onPointerLeave={hide}
      onPointerDown={hide}
      onFocus={show}
      onBlur={hide}
    >
      {children}
      <span
        ref={bubble}
        popover="manual"
        aria-hidden
        className="pointer-events-none fixed m-0 max-w-72 rounded-sm bg-ink px-2 py-1 text-xs text-paper"
      >
        {text}
      </span>
    </span>
  );
}
