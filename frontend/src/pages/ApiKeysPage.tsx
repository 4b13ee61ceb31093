import { Plus } from "lucide-react";
import { type ReactNode, useState } from "react";
import { useSearchParams } from "react-router";
import { Badge, Status, type Tone } from "~/components/ui/Badge";
import { Button } from "~/components/ui/Button";
import { ConfirmDialog } from "~/components/ui/ConfirmDialog";
import { EmptyState } from "~/components/ui/EmptyState";
import { ErrorState } from "~/components/ui/ErrorState";
import { LoadMore } from "~/components/ui/LoadMore";
import { PageHeader } from "~/components/ui/PageHeader";
import { Switch } from "~/components/ui/Switch";
import { type Column, Table } from "~/components/ui/Table";
import { Time } from "~/components/ui/Time";
import { toast } from "~/components/ui/toasts";
import { client, refetch, type Schemas } from "~/services/api";
import { count } from "~/services/format";
import { useListing } from "~/services/listing";
import { NewKeyDialog } from "./keys/NewKeyDialog";
import { type KeyState, stateOf } from "./keys/terms";

type Key = Schemas["ApiKeyView"];

const TONES: Record<KeyState, Tone> = { active: "success", expired: "warn", revoked: "plain" };
const NAMES: Record<KeyState, string> = {
  active: "Active",
  expired: "Expired",
  revoked: "Revoked",
};

export default function ApiKeysPage() {
  const [search, setSearch] = useSearchParams();
  const withRevoked = search.has("revoked");
  const [isMaking, setMaking] = useState(false);
  const [revoked, setRevoked] = useState<Key | null>(null);
  const {
    rows,
    error,
    refetch: again,
    isPending,
    isStale,
    ...more
  } = useListing("/api/v1/api-keys", {
    query: { include_revoked: withRevoked || undefined },
  });
  const make = (
    <Button look="primary" onClick={() => setMaking(true)}>
      <Plus size={16} aria-hidden /> New key
    </Button>
  );
  if (error) return <ErrorState error={error} onRetry={() => void again()} />;
  return (
    <>
      <PageHeader title="API keys" text="For programs that call your models without signing in.">
        {make}
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
        columns={columnsWith(setRevoked)}
        rows={rows}
        keyOf={(key) => key.id}
        isPending={isPending}
        isStale={isStale}
        empty={<NoKeys>{make}</NoKeys>}
      />
      <LoadMore shown={rows.length} {...more} />
      {isMaking && <NewKeyDialog onClose={() => setMaking(false)} />}
      <Revoke of={revoked} onClose={() => setRevoked(null)} />
    </>
  );
}

const columnsWith = (revoke: (key: Key) => void): readonly Column<Key>[] => [
  { title: "Name", isMain: true, cell: (key) => key.name, className: "sm:w-1/4" },
  {
    title: "State",
    cell: (key) => <Status tone={TONES[stateOf(key)]}>{NAMES[stateOf(key)]}</Status>,
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
    isFigure: true,
    isMinor: true,
    cell: ({ calls_per_minute: calls }) =>
      calls === null ? <span className="text-faint">none</span> : `${count(calls)}/min`,
  },
  { title: "Made", isFigure: true, isMinor: true, cell: (key) => <Time at={key.created_at} /> },
  {
    title: "Expires",
    isFigure: true,
    cell: (key) =>
      key.expires_at ? <Time at={key.expires_at} /> : <span className="text-faint">never</span>,
  },
  {
    title: "Last used",
    isFigure: true,
    cell: (key) =>
      key.last_used_at ? <Time at={key.last_used_at} /> : <span className="text-faint">never</span>,
  },
  {
    title: "Actions",
    isActions: true,
    cell: (key) =>
      key.revoked_at === null ? (
        <Button look="quiet" isSmall className="-my-1 -mr-2.5" onClick={() => revoke(key)}>
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
      text="A program has nobody who types a password. It sends a key instead: with a name, an end, and only the rights that it needs."
    >
      {children}
    </EmptyState>
  );
}

function Revoke({ of: key, onClose }: { of: Key | null; onClose: () => void }) {
  const revoke = async () => {
    if (key === null) return;
    await client.DELETE("/api/v1/api-keys/{key_id}", { params: { path: { key_id: key.id } } });
    await refetch("/api/v1/api-keys");
    toast({ text: `“${key.name}” opens nothing any more.` });
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
        this moment on. This cannot be taken back; a new key can be made.
      </p>
    </ConfirmDialog>
  );
}
