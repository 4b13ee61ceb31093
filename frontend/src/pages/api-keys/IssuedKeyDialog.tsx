import { useState } from "react";
import { Button } from "~/components/buttons/Button";
import { CodeBlock } from "~/components/data/CodeBlock";
import { Callout } from "~/components/feedback/Callout";
import { toast } from "~/components/feedback/toasts";
import { Dialog } from "~/components/overlays/Dialog";
import type { Schemas } from "~/services/api/client";
import { curlExample } from "./apiKeyForm";

interface IssuedKeyDialogProps {
  issued: Schemas["IssuedKeyView"];
  onClose: () => void;
}

/** Shows a new key. Esc and clicks outside do not close the dialog before the key was copied. */
export function IssuedKeyDialog({ issued, onClose }: IssuedKeyDialogProps) {
  const [isCopied, setCopied] = useState(false);
  const [hasTriedToClose, setTriedToClose] = useState(false);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(issued.key);
      setCopied(true);
    } catch {
      toast({ text: "This browser did not allow copying. Select the key instead.", tone: "warn" });
    }
  };
  const footer = (
    <Button variant={isCopied ? "primary" : "plain"} onClick={onClose}>
      I have it, close this
    </Button>
  );
  return (
    <Dialog
      isOpen
      isWide
      onClose={() => (isCopied ? onClose() : setTriedToClose(true))}
      title="Your new key"
      footer={footer}
    >
      <Callout tone="warn" isAlert={hasTriedToClose}>
        {hasTriedToClose
          ? "Copy the key before you close this: it cannot be shown again."
          : "This is the only time that the key is shown. Store it like a password."}
      </Callout>
      <p className="mt-4 font-medium [overflow-wrap:anywhere]">{issued.name}</p>
      <div className="mt-2 flex flex-wrap items-center gap-3 border-y py-3">
        <output
          aria-label="The key"
          className="min-w-0 flex-1 basis-64 font-mono text-sm select-all [overflow-wrap:anywhere]"
        >
          {issued.key}
        </output>
        <Button data-first variant={isCopied ? "plain" : "primary"} onClick={() => void copy()}>
          {isCopied ? "Copied" : "Copy the key"}
        </Button>
      </div>
      <h3 className="mt-5 mb-2 font-medium">Try it</h3>
      <CodeBlock
        label="A first call with this key"
        language="shell"
        code={curlExample(issued.key, issued.scopes, location.origin)}
      />
    </Dialog>
  );
}
