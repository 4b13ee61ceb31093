/** Events that a projection could not apply: retried in order, or skipped permanently. */

import { useState } from "react";
import { Button } from "~/components/buttons/Button";
import { Badge } from "~/components/data/Badge";
import { EventPosition } from "~/components/data/EventPosition";
import { Id } from "~/components/data/Id";
import { LoadMore } from "~/components/data/LoadMore";
import { type Column, Table } from "~/components/data/Table";
import { Time } from "~/components/data/Time";
import { ErrorState } from "~/components/feedback/ErrorState";
import { toast } from "~/components/feedback/toasts";
import { Section } from "~/components/layout/Section";
import { ConfirmDialog } from "~/components/overlays/ConfirmDialog";
import { client, refetch, type Schemas } from "~/services/api/client";
import { toApiError } from "~/services/api/errors";
import { usePagedList } from "~/services/api/pagedList";
import { plural } from "~/services/text/format";

type ParkedEvent = Schemas["ParkedView"];

const REFRESH_INTERVAL_MS = 5_000;
const pathParams = ({ projection, position }: ParkedEvent) => ({ path: { projection, position } });
const refresh = () => refetch("/api/v1/admin/parked", "/api/v1/admin/projections");

async function retry(event: ParkedEvent): Promise<void> {
  try {
    const { data } = await client.POST("/api/v1/admin/parked/{projection}/{position}/retry", {
      params: pathParams(event),
    });
    const applied = data?.applied ?? 0;
    toast(
      applied > 0
        ? { text: `${plural(applied, "event")} applied.`, tone: "success" }
        : { text: "It failed again, and stays parked.", tone: "warn" },
    );
  } catch (thrown) {
    toast({ text: toApiError(thrown).message, tone: "danger" });
  }
  await refresh();
}

export function ParkedEvents() {
  const [eventToSkip, setEventToSkip] = useState<ParkedEvent | null>(null);
  const {
    rows,
    error,
    isPending,
    isStale: _,
    refetch: retryFetch,
    ...more
  } = usePagedList("/api/v1/admin/parked", {}, { refetchInterval: REFRESH_INTERVAL_MS });
  return (
    <Section
      title="Parked events"
      text="Events that a projection could not apply are parked, with all later events of the same stream. Other streams continue."
    >
      {error ? (
        <ErrorState error={error} onRetry={() => void retryFetch()} />
      ) : (
        <Table
          label="Parked events"
          columns={columns(setEventToSkip)}
          rows={rows}
          keyOf={({ projection, position }) => `${projection} ${position}`}
          isPending={isPending}
          empty={<p className="border-y py-6 text-center text-soft">No events are parked.</p>}
        />
      )}
      <LoadMore shown={rows.length} {...more} />
      {eventToSkip && <SkipDialog event={eventToSkip} onClose={() => setEventToSkip(null)} />}
    </Section>
  );
}

const columns = (skip: (event: ParkedEvent) => void): readonly Column<ParkedEvent>[] => [
  { title: "Position", cell: ({ position }) => <EventPosition position={position} /> },
  {
    title: "Event",
    isMain: true,
    cell: ({ type, projection, is_skipped }) => (
      <>
        <span className="font-mono">{type}</span> {is_skipped && <Badge tone="warn">skipped</Badge>}
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
  { title: "Tried", isNumeric: true, cell: ({ attempts }) => plural(attempts, "time") },
  {
    title: "Parked",
    isNumeric: true,
    isMinor: true,
    cell: ({ parked_at }) => <Time at={parked_at} />,
  },
  {
    title: "Actions",
    isActions: true,
    cell: (event) =>
      !event.is_skipped && (
        <span className="-mr-2.5 inline-flex sm:-my-1">
          <Button variant="quiet" isSmall onClick={() => void retry(event)}>
            Retry<span className="sr-only"> the event at {event.position}</span>
          </Button>
          <Button variant="quiet" isSmall onClick={() => skip(event)}>
            Skip<span className="sr-only"> the event at {event.position}</span>
          </Button>
        </span>
      ),
  },
];

function SkipDialog({ event, onClose }: { event: ParkedEvent; onClose: () => void }) {
  const skip = async () => {
    await client.POST("/api/v1/admin/parked/{projection}/{position}/skip", {
      params: pathParams(event),
    });
    await refresh();
  };
  return (
    <ConfirmDialog
      isOpen
      onClose={onClose}
      title="Skip this event?"
      action="Skip it"
      isDangerous
      onConfirm={skip}
    >
      <p>
        <span className="font-mono text-ink">{event.type}</span> at{" "}
        <EventPosition position={event.position} /> will be missing from{" "}
        <span className="font-mono text-ink">{event.projection}</span> permanently, also after a
        rebuild. Later events of its stream are applied again. The event itself stays in the store.
      </p>
    </ConfirmDialog>
  );
}
