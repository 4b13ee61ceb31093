/** The browser's modal dialog: it traps the focus, makes the page inert and closes by Esc. */

import { X } from "lucide-react";
import { type ReactNode, useEffect, useId, useRef } from "react";
import { IconButton } from "~/components/buttons/IconButton";
import { cx } from "~/components/cx";

interface DialogProps {
  isOpen: boolean;
  onClose: () => void;
  title: string;
  isTitleHidden?: boolean;
  isWide?: boolean;
  /** Opens at the side with full height, leaving the page visible. */
  isSide?: boolean;
  /** Buttons. */
  footer?: ReactNode;
  children: ReactNode;
}

const CENTRED_CLASSES = "m-auto mb-0 max-h-[92dvh] rounded-t-md border sm:mb-auto sm:rounded-md";
const SIDE_CLASSES =
  "m-0 ml-auto h-dvh max-h-dvh border-l-[3px] border-double backdrop:bg-transparent sm:max-w-lg";

export function Dialog(props: DialogProps) {
  return props.isOpen ? <OpenDialog {...props} /> : null;
}

function OpenDialog({
  onClose,
  title,
  isTitleHidden,
  isWide,
  isSide,
  footer,
  children,
}: DialogProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => {
    const element = dialog.current;
    const focusedBefore = document.activeElement;
    if (!element?.open) element?.showModal();
    // A panel at the side is read first, so no field gets the focus.
    (isSide ? element : element && initialFocus(element))?.focus();
    return () => {
      element?.close();
      if (focusedBefore instanceof HTMLElement) focusedBefore.focus();
    };
  }, [isSide]);
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: Esc closes it, as `onCancel`
    <dialog
      ref={dialog}
      tabIndex={-1}
      aria-labelledby={id}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      onClick={(event) => event.target === dialog.current && onClose()}
      className={cx(
        "w-full max-w-full overflow-hidden bg-raised p-0 shadow-float outline-none animate-arrive open:flex",
        isSide ? SIDE_CLASSES : CENTRED_CLASSES,
        !isSide && (isWide ? "sm:max-w-3xl" : "sm:max-w-lg"),
      )}
    >
      <div className={cx("flex w-full flex-col", !isSide && "max-h-[92dvh]")}>
        <div
          className={cx(
            isTitleHidden ? "sr-only" : "flex items-center justify-between gap-4 px-5 pt-4 pb-3",
          )}
        >
          <h2 id={id} className="min-w-0 text-lg [overflow-wrap:anywhere]">
            {title}
          </h2>
          {isTitleHidden || <IconButton icon={X} label="Close" onClick={onClose} />}
        </div>
        <div className="min-h-0 flex-1 overflow-y-auto px-5 pb-5">{children}</div>
        {footer && (
          <footer className="flex flex-wrap justify-end gap-3 border-t px-5 py-4">{footer}</footer>
        )}
      </div>
    </dialog>
  );
}

/**
 * The first focus: the element with `data-first`, the first field, or the first button of the
 * footer.
 */
const initialFocus = (dialog: HTMLElement): HTMLElement | null =>
  dialog.querySelector<HTMLElement>("[data-first]") ??
  dialog.querySelector<HTMLElement>("input, select, textarea") ??
  dialog.querySelector<HTMLElement>("footer button");
