import { count } from "~/services/text/format";

/** The place of an event in the ledger. Few monospaced faces have a good № of their own. */
export function EventPosition({ position }: { position: number }) {
  return (
    <span className="font-mono whitespace-nowrap text-faint">
      <span className="font-text">№</span> {count(position)}
    </span>
  );
}
