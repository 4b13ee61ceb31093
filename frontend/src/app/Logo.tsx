export function Logo() {
  return (
    <span className="flex items-center gap-3">
      <svg
        viewBox="0 0 28 28"
        width="28"
        height="28"
        aria-hidden="true"
        className="shrink-0 text-accent"
      >
        <path d="M9 3.5v21" stroke="currentColor" strokeWidth="1.2" opacity="0.55" />
        <path
          d="M3 8h22M3 14h22M3 20h13"
          stroke="currentColor"
          strokeWidth="2.4"
          strokeLinecap="round"
        />
      </svg>
      <span className="leading-tight font-semibold tracking-tight">
        ML Deployment
        <br />
        Platform
      </span>
    </span>
  );
}
