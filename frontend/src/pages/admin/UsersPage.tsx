import { Status } from "~/components/ui/Badge";
import { ErrorState } from "~/components/ui/ErrorState";
import { LoadMore } from "~/components/ui/LoadMore";
import { PageHeader } from "~/components/ui/PageHeader";
import { type Column, Table } from "~/components/ui/Table";
import { Time } from "~/components/ui/Time";
import type { Schemas } from "~/services/api";
import { useListing } from "~/services/listing";

const COLUMNS: readonly Column<Schemas["UserView"]>[] = [
  { title: "Name", isMain: true, cell: (user) => user.username },
  { title: "E-mail", cell: (user) => user.email },
  {
    title: "Account",
    cell: (user) => (
      <Status tone={user.is_active ? "success" : "plain"}>
        {user.is_active ? "Open" : "Closed"}
      </Status>
    ),
  },
  { title: "Since", isFigure: true, cell: (user) => <Time at={user.created_at} /> },
];

export default function UsersPage() {
  const { rows, error, refetch, isPending, isStale, ...more } = useListing("/api/v1/admin/users");
  if (error) return <ErrorState error={error} onRetry={() => void refetch()} />;
  return (
    <>
      <PageHeader title="Users" text="Everybody who has an account." />
      <Table
        label="Users"
        columns={COLUMNS}
        rows={rows}
        keyOf={(user) => user.id}
        isPending={isPending}
        isStale={isStale}
      />
      <LoadMore shown={rows.length} {...more} />
    </>
  );
}
