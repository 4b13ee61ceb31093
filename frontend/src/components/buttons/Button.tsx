import { LoaderCircle } from "lucide-react";
import type { ComponentProps, ReactNode } from "react";
import { Link, type LinkProps } from "react-router";
import { cx } from "~/components/cx";

type Variant = "primary" | "plain" | "quiet" | "danger";

const VARIANT_CLASSES: Record<Variant, string> = {
  primary: "bg-accent text-on-accent hover:bg-accent-hover",
  plain: "border border-rule-strong bg-raised hover:border-ink",
  quiet: "text-accent hover:bg-accent-soft",
  danger: "bg-danger text-on-danger hover:opacity-90",
};

const buttonClasses = (variant: Variant, isSmall: boolean, className?: string): string =>
  cx(
    "touchable inline-flex items-center justify-center gap-2 rounded-sm font-medium whitespace-nowrap transition-colors",
    "disabled:cursor-not-allowed disabled:opacity-55",
    isSmall ? "px-2.5 py-1 text-sm" : "px-4 py-2",
    VARIANT_CLASSES[variant],
    className,
  );

interface ButtonStyle {
  variant?: Variant;
  isSmall?: boolean;
}

export interface ButtonProps extends ComponentProps<"button">, ButtonStyle {
  /** Shows a spinner and disables the button. */
  isBusy?: boolean;
  children: ReactNode;
}

export function Button({
  variant = "plain",
  isSmall = false,
  isBusy = false,
  disabled,
  className,
  children,
  ...rest
}: ButtonProps) {
  return (
    <button
      type="button"
      disabled={disabled || isBusy}
      aria-busy={isBusy}
      className={buttonClasses(variant, isSmall, className)}
      {...rest}
    >
      {isBusy && <LoaderCircle size={16} className="animate-spin" aria-hidden />}
      {children}
    </button>
  );
}

/** A link with the appearance of a button. */
export function ButtonLink({
  variant = "plain",
  isSmall = false,
  className,
  ...rest
}: LinkProps & ButtonStyle) {
  return (
    <Link className={buttonClasses(variant, isSmall, className as string | undefined)} {...rest} />
  );
}
