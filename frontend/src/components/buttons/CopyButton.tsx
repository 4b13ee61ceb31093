import { Check, Copy } from "lucide-react";
import { IconButton } from "./IconButton";
import { useCopyToClipboard } from "./useCopyToClipboard";

export function CopyButton({
  text,
  label = "Copy",
  className,
}: {
  text: string;
  label?: string;
  className?: string;
}) {
  const { isDone, copy } = useCopyToClipboard(text);
  return (
    <IconButton
      icon={isDone ? Check : Copy}
      label={isDone ? "Copied" : label}
      onClick={() => void copy()}
      className={className}
    />
  );
}
