import { cx } from "~/components/cx";

interface SparklineProps {
  values: readonly (number | null)[];
  /** The accessible name; it should include the last value. */
  label: string;
  width?: number;
  height?: number;
  isBad?: boolean;
}

/** A small line chart. The line breaks where a value is null. */
export function Sparkline({ values, label, width = 96, height = 24, isBad }: SparklineProps) {
  const numbers = values.filter((value) => value !== null);
  const top = Math.max(...numbers, 0) || 1;
  const step = width / Math.max(1, values.length - 1);
  const y = (value: number) => height - 1.5 - (value / top) * (height - 3);
  let isPenDown = false;
  const path = values
    .map((value, index) => {
      if (value === null) {
        isPenDown = false;
        return "";
      }
      const point = `${(index * step).toFixed(1)} ${y(value).toFixed(1)}`;
      const stroke = isPenDown ? `L${point}` : `M${point}h0`; // a single value is drawn as a dot
      isPenDown = true;
      return stroke;
    })
    .join("");
  return (
    <svg
      role="img"
      aria-label={label}
      viewBox={`0 0 ${width} ${height}`}
      width={width}
      height={height}
      preserveAspectRatio="none"
      className={cx("max-w-full overflow-visible", isBad ? "text-danger" : "text-accent")}
    >
      <path d={`M0 ${height - 0.5}H${width}`} stroke="var(--rule)" />
      <path
        d={path}
        fill="none"
        stroke="currentColor"
        strokeWidth="1.5"
        strokeLinejoin="round"
        strokeLinecap="round"
        vectorEffect="non-scaling-stroke"
      />
    </svg>
  );
}
