/** The user's sessions, each of which can be ended here. */

import { useState } from "react";
import { Button } from "~/components/buttons/Button";
import { Badge } from "~/components/data/Badge";
import { type Column, Table } from "~/components/data/Table";
import { Time } from "~/components/data/Time";
import { ErrorState } from "~/components/feedback/ErrorState";
import { toast } from "~/components/feedback/toasts";
import { ConfirmDialog } from "~/components/overlays/ConfirmDialog";
import { useAuth } from "~/context/AuthContext";
import { client, refetch, type Schemas } from "~/services/api/client";
import { toApiError } from "~/services/api/errors";
import { usePagedList } from "~/services/api/pagedList";
import { plural } from "~/services/text/format";
import { describeUserAgent } from "~/services/text/userAgent";

type Session = Schemas["SessionView"];

async function closeSession({ id }: Session): Promise<void> {
  try {
    const params = { path: { session_id: id } };
    await client.DELETE("/api/v1/auth/sessions/{session_id}", { params });
  } catch (error) {
    if (!toApiError(error).isNotFound) throw error; // it has ended already
  }
}

export function Sessions() {
  const { signOut } = useAuth();
  const [isEndingAll, setEndingAll] = useState(false);
  const { rows, isPending, error, refetch: retry } = usePagedList("/api/v1/auth/sessions");
  const others = rows.filter((session) => !session.is_current);
  const end = async (session: Session) => {
    if (session.is_current) return signOut();
    try {
      await closeSession(session);
      toast({ text: `Signed out: ${describeUserAgent(session.user_agent)}.` });
    } catch (thrown) {
      toast({ text: toApiError(thrown).message, tone: "danger" });
    }
    await refetch("/api/v1/auth/sessions");
  };
  const endOthers = async () => {
    try {
      for (const session of others) await closeSession(session);
      toast({ text: `Signed out ${plural(others.length, "other session")}.`, tone: "success" });
    } finally {
      await refetch("/api/v1/auth/sessions");
    }
  };
  if (error) return <ErrorState error={error} onRetry={() => void retry()} />;
  return (
    <>
      <Table
        label="Sessions"
        columns={sessionColumns((session) => void end(session))}
        rows={[...rows].sort((a, b) => Number(b.is_current) - Number(a.is_current))}
        keyOf={(session) => session.id}
        isPending={isPending}
      />
      <Button className="mt-4" disabled={others.length === 0} onClick={() => setEndingAll(true)}>
        Sign out everywhere else
      </Button>
      <ConfirmDialog
        isOpen={isEndingAll}
        onClose={() => setEndingAll(false)}
        title="Sign out everywhere else?"
        action="Sign out"
        onConfirm={endOthers}
      >
        <p>
          {plural(others.length, "other session")} will end at once; this one stays. API keys go on
          working: revoke those on their own page.
        </p>
      </ConfirmDialog>
    </>
  );
}

const sessionColumns = (end: (session: Session) => void): readonly Column<Session>[] => [
  {
    title: "Where",
    isMain: true,
    cell: (session) => (
      <span title={session.user_agent} className="inline-flex flex-wrap items-center gap-x-2">
        {describeUserAgent(session.user_agent)}
        {session.is_current && <Badge tone="accent">this one</Badge>}
      </span>
    ),
  },
  { title: "Signed in", isNumeric: true, cell: (session) => <Time at={session.created_at} /> },
  { title: "Last used", isNumeric: true, cell: (session) => <Time at={session.last_used_at} /> },
  {
    title: "Actions",
    isActions: true,
    cell: (session) => (
      <Button variant="quiet" isSmall className="-my-1 -mr-2.5" onClick={() => end(session)}>
        Sign out<span className="sr-only">: {describeUserAgent(session.user_agent)}</span>
      </Button>
    ),
  },
];
