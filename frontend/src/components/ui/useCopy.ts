/** Copying, and for a moment the knowledge that it was done. */

import { useEffect, useState } from "react";
import { toast } from "./toasts";

const SHOWN_MS = 1_500;

export function useCopy(text: string): { isDone: boolean; copy: () => Promise<void> } {
  const [isDone, setDone] = useState(false);
  useEffect(() => {
    if (!isDone) return;
    const timer = setTimeout(() => setDone(false), SHOWN_MS);
    return () => clearTimeout(timer);
  }, [isDone]);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      setDone(true);
    } catch {
      toast({ text: "This browser did not allow copying. Select the text instead.", tone: "warn" });
    }
  };
  return { isDone, copy };
}
