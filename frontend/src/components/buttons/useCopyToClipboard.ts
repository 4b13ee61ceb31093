/** Copies a text to the clipboard; `isCopied` is true for a moment afterwards. */

import { useEffect, useState } from "react";
import { toast } from "~/components/feedback/toasts";

const CONFIRMATION_MS = 1_500;

export function useCopyToClipboard(text: string): { isDone: boolean; copy: () => Promise<void> } {
  const [isCopied, setCopied] = useState(false);
  useEffect(() => {
    if (!isCopied) return;
    const timer = setTimeout(() => setCopied(false), CONFIRMATION_MS);
    return () => clearTimeout(timer);
  }, [isCopied]);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      setCopied(true);
    } catch {
      toast({ text: "This browser did not allow copying. Select the text instead.", tone: "warn" });
    }
  };
  return { isDone: isCopied, copy };
}
