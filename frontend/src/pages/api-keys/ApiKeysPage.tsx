import { Plus } from "lucide-react";
import { type ReactNode, useState } from "react";
import { useSearchParams } from "react-router";
import { Button } from "~/components/buttons/Button";
import { Badge, Status, type Tone } from "~/components/data/Badge";
import { LoadMore } from "~/components/data/LoadMore";
import { type Column, Table } from "~/components/data/Table";
import { Time } from "~/components/data/Time";
import { EmptyState } from "~/components/feedback/EmptyState";
import { ErrorState } from "~/components/feedback/ErrorState";
import { toast } from "~/components/feedback/toasts";
import { Switch } from "~/components/forms/Switch";
import { PageHeader } from "~/components/layout/PageHeader";
import { ConfirmDialog } from "~/components/overlays/ConfirmDialog";
import { client, refetch, type Schemas } from "~/services/api/client";
import { usePagedList } from "~/services/api/pagedList";
import { count } from "~/services/text/format";
import { type KeyState, keyState } from "./apiKeyForm";
import { NewKeyDialog } from "./NewKeyDialog";

type ApiKey = Schemas["ApiKeyView"];

const STATE_TONES: Record<KeyState, Tone> = {
  active: "success",
  expired: "warn",
  revoked: "plain",
};
const STATE_LABELS: Record<KeyState, string> = {
  active: "Active",
  expired: "Expired",
  revoked: "Revoked",
};

export default function ApiKeysPage() {
  const [search, setSearch] = useSearchParams();
  const withRevoked = search.has("revoked");
  const [isCreating, setCreating] = useState(false);
  const [keyToRevoke, setKeyToRevoke] = useState<ApiKey | null>(null);
  const {
    rows,
    error,
    refetch: retry,
    isPending,
    isStale,
    ...more
  } = usePagedList("/api/v1/api-keys", {
    query: { include_revoked: withRevoked || undefined },
  });
  const newKeyButton = (
    <Button variant="primary" onClick={() => setCreating(true)}>
      <Plus size={16} aria-hidden /> New key
    </Button>
  );
  if (error) return <ErrorState error={error} onRetry={() => void retry()} />;
  return (
    <>
      <PageHeader title="API keys" text="For programs that call your models without signing in.">
        {newKeyButton}
      </PageHeader>
      <div className="mb-2 flex justify-end">
        <Switch
          label="Show revoked keys"
          className="text-sm"
          checked={withRevoked}
          onChange={({ target }) => setSearch(target.checked ? { revoked: "1" } : {})}
        />
      </div>
      <Table
        label="API keys"
        columns={columns(setKeyToRevoke)}
        rows={rows}
        keyOf={(key) => key.id}
        isPending={isPending}
        isStale={isStale}
        empty={<NoKeys>{newKeyButton}</NoKeys>}
      />
      <LoadMore shown={rows.length} {...more} />
      {isCreating && <NewKeyDialog onClose={() => setCreating(false)} />}
      <RevokeDialog of={keyToRevoke} onClose={() => setKeyToRevoke(null)} />
    </>
  );
}

const columns = (revoke: (key: ApiKey) => void): readonly Column<ApiKey>[] => [
  { title: "Name", isMain: true, cell: (key) => key.name, className: "sm:w-1/4" },
  {
    title: "State",
    cell: (key) => <Status tone={STATE_TONES[keyState(key)]}>{STATE_LABELS[keyState(key)]}</Status>,
  },
  {
    title: "May",
    cell: (key) => (
      <span className="inline-flex flex-wrap gap-1">
        {key.scopes.map((scope) => (
          <Badge key={scope}>{scope}</Badge>
        ))}
      </span>
    ),
  },
  {
    title: "Limit",
    isNumeric: true,
    isMinor: true,
    cell: ({ calls_per_minute: calls }) =>
      calls === null ? <span className="text-faint">none</span> : `${count(calls)}/min`,
  },
  { title: "Made", isNumeric: true, isMinor: true, cell: (key) => <Time at={key.created_at} /> },
  {
    title: "Expires",
    isNumeric: true,
    cell: (key) =>
      key.expires_at ? <Time at={key.expires_at} /> : <span className="text-faint">never</span>,
  },
  {
    title: "Last used",
    isNumeric: true,
    cell: (key) =>
      key.last_used_at ? <Time at={key.last_used_at} /> : <span className="text-faint">never</span>,
  },
  {
    title: "Actions",
    isActions: true,
    cell: (key) =>
      key.revoked_at === null ? (
        <Button variant="quiet" isSmall className="-my-1 -mr-2.5" onClick={() => revoke(key)}>
          Revoke<span className="sr-only"> {key.name}</span>
        </Button>
      ) : (
        <Time at={key.revoked_at} />
      ),
  },
];

function NoKeys({ children }: { children: ReactNode }) {
  return (
    <EmptyState
      title="No key yet"
      text="A program sends an API key instead of a password. Each key has a name, an expiry and only the rights that it needs."
    >
      {children}
    </EmptyState>
  );
}

function RevokeDialog({ of: key, onClose }: { of: ApiKey | null; onClose: () => void }) {
  const revoke = async () => {
    if (key === null) return;
    await client.DELETE("/api/v1/api-keys/{key_id}", { params: { path: { key_id: key.id } } });
    await refetch("/api/v1/api-keys");
    toast({ text: `“${key.name}” is revoked.` });
  };
  return (
    <ConfirmDialog
      isOpen={key !== null}
      onClose={onClose}
      title="Revoke this key?"
      action="Revoke"
      isDangerous
      onConfirm={revoke}
    >
      <p>
        Every program that uses <strong className="text-ink">{key?.name}</strong> is refused from
        now on. This cannot be undone; a new key can be created.
      </p>
    </ConfirmDialog>
  );
}
