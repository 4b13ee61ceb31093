/** Keys to press together or in sequence. */
export function KeyCombination({ of: names }: { of: readonly string[] }) {
  const isMac = navigator.platform.startsWith("Mac");
  return (
    <span className="inline-flex gap-1">
      {names.map((name) => (
        <kbd
          key={name}
          className="rounded-sm border border-rule bg-paper px-1.5 font-mono text-xs leading-5 text-soft"
        >
          {isMac && name === "Ctrl" ? "⌘" : name}
        </kbd>
      ))}
    </span>
  );
}
