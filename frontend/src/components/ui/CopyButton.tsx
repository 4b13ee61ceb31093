import { Check, Copy } from "lucide-react";
import { useEffect, useState } from "react";
import { IconButton } from "./IconButton";
import { toast } from "./toasts";

const SHOWN_MS = 1_500;

export function CopyButton({
  text,
  label = "Copy",
  className,
}: {
  text: string;
  label?: string;
  className?: string;
}) {
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
  return (
    <IconButton
      icon={isDone ? Check : Copy}
      label={isDone ? "Copied" : label}
      onClick={() => void copy()}
      className={className}
    />
  );
}
