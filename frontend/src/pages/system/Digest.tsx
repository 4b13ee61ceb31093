import { CopyButton } from "~/components/buttons/CopyButton";
import { shortDigest } from "./verification";

/** A shortened digest, with the full one in the tooltip and a copy button. */
export function Digest({ of: digest }: { of: string }) {
  return (
    <span className="inline-flex items-center font-mono whitespace-nowrap" title={digest}>
      {shortDigest(digest)}
      <CopyButton text={digest} label="Copy the digest" className="-my-1 size-6" />
    </span>
  );
}
