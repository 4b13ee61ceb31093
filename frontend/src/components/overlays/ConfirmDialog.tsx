import { type ReactNode, useState } from "react";
import { Button } from "~/components/buttons/Button";
import { ErrorNote } from "~/components/feedback/ErrorState";
import { toApiError } from "~/services/api/errors";
import { Dialog } from "./Dialog";

interface ConfirmDialogProps {
  isOpen: boolean;
  onClose: () => void;
  title: string;
  /** What will follow from it. */
  children: ReactNode;
  /** What the button says: a verb. */
  action: string;
  isDangerous?: boolean;
  /** Closes when done; what goes wrong is shown. */
  onConfirm: () => unknown;
}

export function ConfirmDialog({
  isOpen,
  onClose,
  title,
  children,
  action,
  isDangerous,
  onConfirm,
}: ConfirmDialogProps) {
  const [isBusy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const close = () => {
    setError(null);
    onClose();
  };
  const confirm = async () => {
    setBusy(true);
    setError(null);
    try {
      await onConfirm();
      close();
    } catch (thrown) {
      setError(toApiError(thrown));
    } finally {
      setBusy(false);
    }
  };
  const footer = (
    <>
      <Button onClick={close}>Cancel</Button>
      <Button
        variant={isDangerous ? "danger" : "primary"}
        isBusy={isBusy}
        onClick={() => void confirm()}
      >
        {action}
      </Button>
    </>
  );
  return (
    <Dialog isOpen={isOpen} onClose={close} title={title} footer={footer}>
      <div className="text-soft">{children}</div>
      {error !== null && <ErrorNote error={error} />}
    </Dialog>
  );
}
