import { X } from "lucide-react";
import { useSyncExternalStore } from "react";
import { IconButton } from "~/components/buttons/IconButton";
import { cx } from "~/components/cx";
import {
  dismiss,
  pauseTimer,
  restartTimer,
  runAction,
  snapshot,
  subscribe,
  type Toast,
} from "./toasts";

const BORDER_CLASSES: Record<NonNullable<Toast["tone"]>, string> = {
  plain: "border-l-rule-strong",
  success: "border-l-success",
  warn: "border-l-warn",
  danger: "border-l-danger",
};

export function Toaster() {
  const toasts = useSyncExternalStore(subscribe, snapshot);
  return (
    <section
      aria-label="Notes"
      aria-live="polite"
      className="pointer-events-none fixed inset-x-4 bottom-20 z-20 flex flex-col items-center gap-2 sm:items-end lg:right-6 lg:bottom-6"
    >
      {toasts.map(({ id, text, tone = "plain", action }) => (
        // biome-ignore lint/a11y/noStaticElementInteractions: it only pauses its timer
        <div
          key={id}
          onPointerEnter={() => pauseTimer(id)}
          onPointerLeave={() => restartTimer(id)}
          onFocus={() => pauseTimer(id)}
          onBlur={() => restartTimer(id)}
          className={cx(
            "pointer-events-auto flex w-full max-w-md animate-arrive items-center gap-3 rounded-sm border border-l-[3px] bg-raised py-2 pr-2 pl-4 shadow-float",
            BORDER_CLASSES[tone],
          )}
        >
          <p className="min-w-0 flex-1 text-sm [overflow-wrap:anywhere]">{text}</p>
          {action && (
            <button
              type="button"
              onClick={() => runAction(id)}
              className="touchable px-2 text-sm font-medium text-accent hover:underline"
            >
              {action.label}
            </button>
          )}
          <IconButton icon={X} label="Close the note" onClick={() => dismiss(id)} />
        </div>
      ))}
    </section>
  );
}
