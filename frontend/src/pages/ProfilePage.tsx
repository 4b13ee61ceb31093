import { PageHeader } from "~/components/ui/PageHeader";
import { type Column, Table } from "~/components/ui/Table";
import { Time } from "~/components/ui/Time";
import { useUser } from "~/context/AuthContext";
import type { Schemas } from "~/services/api";
import { useListing } from "~/services/listing";

const COLUMNS: readonly Column<Schemas["SessionView"]>[] = [
  { title: "Browser", isMain: true, cell: (session) => session.user_agent },
  { title: "Signed in", isFigure: true, cell: (session) => <Time at={session.created_at} /> },
  { title: "Last used", isFigure: true, cell: (session) => <Time at={session.last_used_at} /> },
];

export default function ProfilePage() {
  const user = useUser();
  const sessions = useListing("/api/v1/auth/sessions");
  return (
    <>
      <PageHeader title={user.full_name || user.username} text={user.email} />
      <h2 className="mb-3 text-lg">Sessions</h2>
      <Table
        label="Sessions"
        columns={COLUMNS}
        rows={sessions.rows}
        keyOf={(session) => session.id}
        isPending={sessions.isPending}
      />
    </>
  );
}
