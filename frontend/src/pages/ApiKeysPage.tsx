import { EmptyState } from "~/components/ui/EmptyState";
import { ErrorState } from "~/components/ui/ErrorState";
import { LoadMore } from "~/components/ui/LoadMore";
import { PageHeader } from "~/components/ui/PageHeader";
import { type Column, Table } from "~/components/ui/Table";
import { Time } from "~/components/ui/Time";
import type { Schemas } from "~/services/api";
import { useListing } from "~/services/listing";

const COLUMNS: readonly Column<Schemas["ApiKeyView"]>[] = [
  { title: "Name", isMain: true, cell: (key) => key.name },
  { title: "May", cell: (key) => key.scopes.join(", ") },
  { title: "Issued", isFigure: true, cell: (key) => <Time at={key.created_at} /> },
  { title: "Last used", isFigure: true, cell: (key) => <Time at={key.last_used_at} /> },
];

export default function ApiKeysPage() {
  const { rows, error, refetch, isPending, isStale, ...more } = useListing("/api/v1/api-keys");
  if (error) return <ErrorState error={error} onRetry={() => void refetch()} />;
  return (
    <>
      <PageHeader title="API keys" text="For programs that call your models." />
      <Table
        label="API keys"
        columns={COLUMNS}
        rows={rows}
        keyOf={(key) => key.id}
        isPending={isPending}
        isStale={isStale}
        empty={<EmptyState title="No key yet" />}
      />
      <LoadMore shown={rows.length} {...more} />
    </>
  );
}
