import type { LucideIcon } from "lucide-react";
import type { ComponentProps } from "react";
import { cx } from "~/components/cx";
import { Tooltip } from "~/components/overlays/Tooltip";

export interface IconButtonProps extends Omit<ComponentProps<"button">, "children"> {
  icon: LucideIcon;
  /** The accessible name, also shown as a tooltip. */
  label: string;
}

export function IconButton({ icon: Icon, label, className, ...rest }: IconButtonProps) {
  return (
    <Tooltip text={label}>
      <button
        type="button"
        aria-label={label}
        className={cx(
          "touchable inline-flex size-8 items-center justify-center rounded-sm text-soft transition-colors hover:bg-sunken hover:text-ink disabled:opacity-50",
          className,
        )}
        {...rest}
      >
        <Icon size={16} strokeWidth={1.8} aria-hidden />
      </button>
    </Tooltip>
  );
}
