/** Where one is signed in: every browser and program, each to be signed out from here. */

import { useState } from "react";
import { Badge } from "~/components/ui/Badge";
import { Button } from "~/components/ui/Button";
import { ConfirmDialog } from "~/components/ui/ConfirmDialog";
import { ErrorState } from "~/components/ui/ErrorState";
import { type Column, Table } from "~/components/ui/Table";
import { Time } from "~/components/ui/Time";
import { toast } from "~/components/ui/toasts";
import { useAuth } from "~/context/AuthContext";
import { client, refetch, type Schemas } from "~/services/api";
import { plural } from "~/services/format";
import { useListing } from "~/services/listing";
import { refusalOfError } from "~/services/problems";
import { agentInWords } from "~/services/userAgent";

type Session = Schemas["SessionView"];

async function close({ id }: Session): Promise<void> {
  try {
    const params = { path: { session_id: id } };
    await client.DELETE("/api/v1/auth/sessions/{session_id}", { params });
  } catch (error) {
    if (!refusalOfError(error).isNotFound) throw error; // it has ended already
  }
}

export function Sessions() {
  const { signOut } = useAuth();
  const [isEndingAll, setEndingAll] = useState(false);
  const { rows, isPending, error, refetch: again } = useListing("/api/v1/auth/sessions");
  const others = rows.filter((session) => !session.is_current);
  const end = async (session: Session) => {
    if (session.is_current) return signOut();
    try {
      await close(session);
      toast({ text: `Signed out: ${agentInWords(session.user_agent)}.` });
    } catch (thrown) {
      toast({ text: refusalOfError(thrown).message, tone: "danger" });
    }
    await refetch("/api/v1/auth/sessions");
  };
  const endOthers = async () => {
    try {
      for (const session of others) await close(session);
      toast({ text: `Signed out ${plural(others.length, "other session")}.`, tone: "success" });
    } finally {
      await refetch("/api/v1/auth/sessions");
    }
  };
  if (error) return <ErrorState error={error} onRetry={() => void again()} />;
  return (
    <>
      <Table
        label="Sessions"
        columns={columnsWith((session) => void end(session))}
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

const columnsWith = (end: (session: Session) => void): readonly Column<Session>[] => [
  {
    title: "Where",
    isMain: true,
    cell: (session) => (
      <span title={session.user_agent} className="inline-flex flex-wrap items-center gap-x-2">
        {agentInWords(session.user_agent)}
        {session.is_current && <Badge tone="accent">this one</Badge>}
      </span>
    ),
  },
  { title: "Signed in", isFigure: true, cell: (session) => <Time at={session.created_at} /> },
  { title: "Last used", isFigure: true, cell: (session) => <Time at={session.last_used_at} /> },
  {
    title: "Actions",
    isActions: true,
    cell: (session) => (
      <Button look="quiet" isSmall className="-my-1 -mr-2.5" onClick={() => end(session)}>
        Sign out<span className="sr-only">: {agentInWords(session.user_agent)}</span>
      </Button>
    ),
  },
];
