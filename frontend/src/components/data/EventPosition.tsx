import { count } from "~/services/text/format";

/**
 * The position of an event in the store. The sign № uses the text font, as few monospaced fonts
 * have it.
 */
export function EventPosition({ position }: { position: number }) {
  return (
    <span className="font-mono whitespace-nowrap text-faint">
      <span className="font-text">№</span> {count(position)}
    </span>
  );
}
