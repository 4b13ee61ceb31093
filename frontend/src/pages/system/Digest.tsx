import { CopyButton } from "~/components/buttons/CopyButton";
import { shortDigest } from "./verification";

/** A digest by its end, with all of it in the title and to be copied. */
export function Digest({ of: digest }: { of: string }) {
  return (
    <span className="inline-flex items-center font-mono whitespace-nowrap" title={digest}>
      {shortDigest(digest)}
      <CopyButton text={digest} label="Copy the digest" className="-my-1 size-6" />
    </span>
  );
}
