/** Events that a projection could not apply: tried again in order, or left out for good. */

import { useState } from "react";
import { Badge } from "~/components/ui/Badge";
import { Button } from "~/components/ui/Button";
import { ConfirmDialog } from "~/components/ui/ConfirmDialog";
import { ErrorState } from "~/components/ui/ErrorState";
import { Id } from "~/components/ui/Id";
import { LoadMore } from "~/components/ui/LoadMore";
import { Ordinal } from "~/components/ui/Ordinal";
import { Section } from "~/components/ui/Section";
import { type Column, Table } from "~/components/ui/Table";
import { Time } from "~/components/ui/Time";
import { toast } from "~/components/ui/toasts";
import { client, refetch, type Schemas } from "~/services/api";
import { plural } from "~/services/format";
import { useListing } from "~/services/listing";
import { refusalOfError } from "~/services/problems";

type ParkedEvent = Schemas["ParkedView"];

const REFRESHED_MS = 5_000;
const paramsOf = ({ projection, position }: ParkedEvent) => ({ path: { projection, position } });
const refreshed = () => refetch("/api/v1/admin/parked", "/api/v1/admin/projections");

async function retry(event: ParkedEvent): Promise<void> {
  try {
    const { data } = await client.POST("/api/v1/admin/parked/{projection}/{position}/retry", {
      params: paramsOf(event),
    });
    const applied = data?.applied ?? 0;
    toast(
      applied > 0
        ? { text: `${plural(applied, "event")} applied.`, tone: "success" }
        : { text: "It failed again, and stays parked.", tone: "warn" },
    );
  } catch (thrown) {
    toast({ text: refusalOfError(thrown).message, tone: "danger" });
  }
  await refreshed();
}

export function Parked() {
  const [skipped, setSkipped] = useState<ParkedEvent | null>(null);
  const {
    rows,
    error,
    isPending,
    isStale: _,
    refetch: again,
    ...more
  } = useListing("/api/v1/admin/parked", {}, { refetchInterval: REFRESHED_MS });
  return (
    <Section
      title="Parked events"
      text="What a projection could not apply is set aside, with all that follows in the same stream. The others go on."
    >
      {error ? (
        <ErrorState error={error} onRetry={() => void again()} />
      ) : (
        <Table
          label="Parked events"
          columns={columnsWith(setSkipped)}
          rows={rows}
          keyOf={({ projection, position }) => `${projection} ${position}`}
          isPending={isPending}
          empty={<p className="border-y py-6 text-center text-soft">Nothing is set aside.</p>}
        />
      )}
      <LoadMore shown={rows.length} {...more} />
      {skipped && <SkipDialog event={skipped} onClose={() => setSkipped(null)} />}
    </Section>
  );
}

const columnsWith = (skip: (event: ParkedEvent) => void): readonly Column<ParkedEvent>[] => [
  { title: "Position", cell: ({ position }) => <Ordinal position={position} /> },
  {
    title: "Event",
    isMain: true,
    cell: ({ type, projection, is_skipped }) => (
      <>
        <span className="font-mono">{type}</span>{" "}
        {is_skipped && <Badge tone="warn">left out</Badge>}
        <span className="block font-normal text-soft">in {projection}</span>
      </>
    ),
  },
  {
    title: "Error",
    className: "sm:w-2/5",
    cell: ({ error }) => <span className="font-mono text-danger">{error}</span>,
  },
  { title: "Stream", isMinor: true, cell: ({ stream_id }) => <Id id={stream_id} /> },
  { title: "Tried", isFigure: true, cell: ({ attempts }) => plural(attempts, "time") },
  {
    title: "Parked",
    isFigure: true,
    isMinor: true,
    cell: ({ parked_at }) => <Time at={parked_at} />,
  },
  {
    title: "Actions",
    isActions: true,
    cell: (event) =>
      !event.is_skipped && (
        <span className="-mr-2.5 inline-flex sm:-my-1">
          <Button look="quiet" isSmall onClick={() => void retry(event)}>
            Retry<span className="sr-only"> the event at {event.position}</span>
          </Button>
          <Button look="quiet" isSmall onClick={() => skip(event)}>
            Skip<span className="sr-only"> the event at {event.position}</span>
          </Button>
        </span>
      ),
  },
];

function SkipDialog({ event, onClose }: { event: ParkedEvent; onClose: () => void }) {
  const skip = async () => {
    await client.POST("/api/v1/admin/parked/{projection}/{position}/skip", {
      params: paramsOf(event),
    });
    await refreshed();
  };
  return (
    <ConfirmDialog
      isOpen
      onClose={onClose}
      title="Leave this event out?"
      action="Leave it out"
      isDangerous
      onConfirm={skip}
    >
      <p>
        <span className="font-mono text-ink">{event.type}</span> at{" "}
        <Ordinal position={event.position} /> will be missing from{" "}
        <span className="font-mono text-ink">{event.projection}</span> for good, also after a
        rebuild. Later events of its stream are applied again. The event itself stays in the store.
      </p>
    </ConfirmDialog>
  );
}
