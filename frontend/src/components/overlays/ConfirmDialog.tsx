import { type ReactNode, useState } from "react";
import { Button } from "~/components/buttons/Button";
import { ErrorNote } from "~/components/feedback/ErrorState";
import { toApiError } from "~/services/api/errors";
import { Dialog } from "./Dialog";

interface ConfirmDialogProps {
  isOpen: boolean;
  onClose: () => void;
  title: string;
  /** The consequences of the action. */
  children: ReactNode;
  /** The label of the button: a verb. */
  action: string;
  isDangerous?: boolean;
  /** The dialog closes when it resolves, and shows the error when it rejects. */
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
