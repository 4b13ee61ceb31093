import { toast } from "~/components/feedback/toasts";
import { ConfirmDialog } from "~/components/overlays/ConfirmDialog";
import type { User } from "~/context/AuthContext";
import { client, refetch } from "~/services/api/client";

interface AccountStatusDialogProps {
  user: User;
  onClose: () => void;
}

/** Closes or reopens an account, after explaining the consequences. */
export function AccountStatusDialog({ user, onClose }: AccountStatusDialogProps) {
  const toggle = async () => {
    const params = { path: { user_id: user.id }, query: { active: !user.is_active } };
    await client.POST("/api/v1/admin/users/{user_id}/toggle", { params });
    await refetch("/api/v1/admin/users");
    toast({ text: `The account of ${user.username} is ${user.is_active ? "closed" : "open"}.` });
  };
  return (
    <ConfirmDialog
      isOpen
      onClose={onClose}
      title={user.is_active ? "Close this account?" : "Open this account again?"}
      action={user.is_active ? "Close the account" : "Open the account"}
      isDangerous={user.is_active}
      onConfirm={toggle}
    >
      <p>
        <strong className="font-semibold text-ink [overflow-wrap:anywhere]">{user.username}</strong>{" "}
        {user.is_active
          ? "is signed out everywhere at once: sessions and API keys stop working. Models and history are kept, and the account can be opened again."
          : "may sign in again, with the same password. API keys that were not revoked work again."}
      </p>
    </ConfirmDialog>
  );
}
