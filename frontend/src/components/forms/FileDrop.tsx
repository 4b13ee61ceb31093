/** A drop zone for a file, which can also be chosen by click or keyboard. */

import { type ReactNode, useId, useRef, useState } from "react";
import { cx } from "~/components/cx";

interface FileDropProps {
  label: string;
  accept?: string;
  isDisabled?: boolean;
  onFile: (file: File) => void;
  children: ReactNode;
}

export function FileDrop({ label, accept, isDisabled, onFile, children }: FileDropProps) {
  const [isOver, setOver] = useState(false);
  const input = useRef<HTMLInputElement>(null);
  const id = useId();
  const onFiles = (files: FileList | null | undefined) => {
    const [file] = files ?? [];
    if (file && !isDisabled) onFile(file);
    // Reset, so that the same file can be chosen again.
    if (input.current) input.current.value = "";
  };
  return (
    <label
      htmlFor={id}
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={(event) => {
        event.preventDefault();
        event.stopPropagation();
        setOver(false);
        onFiles(event.dataTransfer.files);
      }}
      className={cx(
        "flex flex-col items-center gap-1.5 rounded-sm border border-dashed px-6 py-10 text-center transition-colors",
        "focus-within:outline-2 focus-within:outline-offset-2 focus-within:outline-accent",
        isOver ? "border-accent bg-accent-soft" : "border-rule-strong bg-raised hover:border-ink",
        isDisabled && "opacity-60",
      )}
    >
      <input
        ref={input}
        id={id}
        type="file"
        aria-label={label}
        accept={accept}
        disabled={isDisabled}
        onChange={({ target }) => onFiles(target.files)}
        className="sr-only"
      />
      {children}
    </label>
  );
}
