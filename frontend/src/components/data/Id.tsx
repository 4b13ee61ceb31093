import { CopyButton } from "~/components/buttons/CopyButton";
import { shortId } from "~/services/text/format";

/** An id, shortened to its end, with the full id in the tooltip and a copy button. */
export function Id({ id, isFull }: { id: string; isFull?: boolean }) {
  return (
    <span className="inline-flex items-center gap-0.5 font-mono text-[0.92em]" title={id}>
      <span className="[overflow-wrap:anywhere]">{isFull ? id : shortId(id)}</span>
      <CopyButton text={id} label="Copy the id" className="-my-1 size-6" />
    </span>
  );
}
