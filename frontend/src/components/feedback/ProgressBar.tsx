import { cx } from "~/components/cx";

interface ProgressBarProps {
  label: string;
  /** From 0 to 1; null where the progress is unknown. */
  value: number | null;
}

export function ProgressBar({ label, value }: ProgressBarProps) {
  const percent = value === null ? undefined : Math.round(Math.min(1, Math.max(0, value)) * 100);
  return (
    <div
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={percent}
      className="h-1.5 overflow-hidden rounded-full bg-sunken"
    >
      <div
        className={cx(
          "h-full rounded-full bg-accent",
          percent === undefined ? "w-1/4 animate-sweep" : "transition-[width]",
        )}
        style={percent === undefined ? undefined : { width: `${percent}%` }}
      />
    </div>
  );
}
