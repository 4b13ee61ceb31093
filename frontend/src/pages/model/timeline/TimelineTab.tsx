/** The events of a model, and the model as it was at a selected time. */

import { useEffect, useMemo, useState } from "react";
import { ErrorState } from "~/components/feedback/ErrorState";
import { Skeleton } from "~/components/feedback/Skeleton";
import { useAuth } from "~/context/AuthContext";
import { usePagedList } from "~/services/api/pagedList";
import { dateTime, plural, relativeTime } from "~/services/text/format";
import { ComparisonTable, isChanged } from "../comparison/ComparisonTable";
import { useModel } from "../ModelPage";
import { EventList } from "./EventList";
import { actorName, describeWithActor, indexAt, isDeletedAfter, type ModelEvent } from "./events";
import { modelFacts } from "./modelFacts";
import { TimeSlider } from "./TimeSlider";
import { timeScale } from "./timeScale";
import { usePastModel } from "./usePastModel";
import { useSelectedTime } from "./useSelectedTime";

const EVENTS_PER_PAGE = 500;

export default function TimelineTab() {
  const { id } = useModel();
  const { rows, error, refetch, isPending, hasMore, isLoadingMore, loadMore } = usePagedList(
    "/api/v1/models/{model_id}/events",
    { path: { model_id: id }, query: { limit: EVENTS_PER_PAGE } },
  );
  // The slider needs all events; a model has few.
  useEffect(() => {
    if (hasMore && !isLoadingMore) loadMore();
  }, [hasMore, isLoadingMore, loadMore]);
  if (error) return <ErrorState error={error} onRetry={() => void refetch()} />;
  if (isPending) {
    return (
      <div role="status" aria-label="Loading">
        <Skeleton className="mb-8 h-40" />
        <Skeleton className="h-96" />
      </div>
    );
  }
  return <Timeline events={rows} />;
}

/** `events` is a new array on each render; as events are only added, its length identifies it. */
function Timeline({ events: allEvents }: { events: readonly ModelEvent[] }) {
  // biome-ignore lint/correctness/useExhaustiveDependencies: events are only ever added
  const events = useMemo(() => allEvents, [allEvents.length]);
  const [openedAt] = useState(Date.now);
  const [at, setTime] = useSelectedTime();
  const { user } = useAuth();
  const scale = useMemo(
    () =>
      timeScale(
        events.map(({ recorded_at }) => Date.parse(recorded_at)),
        openedAt,
      ),
    [events, openedAt],
  );
  const index = at === null ? events.length - 1 : indexAt(events, at);
  const event = events[index];
  const text = event
    ? describeWithActor(event, actorName(event, user))
    : "The model did not exist yet";
  return (
    <>
      <TimeSlider
        events={events}
        scale={scale}
        at={at}
        index={index}
        text={`${at === null ? "Now" : dateTime(at)}: ${text}`}
        onMove={setTime}
      />
      <div className="grid gap-x-12 gap-y-10 lg:grid-cols-[minmax(0,1.35fr)_minmax(0,1fr)]">
        <section aria-labelledby="then" className="min-w-0 self-start lg:sticky lg:top-6">
          <h2 id="then" className="text-xl">
            {at === null ? "Now" : dateTime(at)}
          </h2>
          <p className="mb-4 text-soft sm:truncate" title={at === null ? undefined : text}>
            {at === null
              ? "Drag along the line, or use the arrow keys, to see how it was."
              : `${capitalize(relativeTime(at))}${event?.recorded_at === at ? ":" : ", after:"} ${text}`}
          </p>
          <SelectedState events={events} index={index} isNow={at === null} />
        </section>
        <section aria-labelledby="events" className="min-w-0">
          <h2 id="events" className="mb-4 text-xl">
            What happened
          </h2>
          <EventList events={events} index={index} onSelect={(each) => setTime(each.recorded_at)} />
        </section>
      </div>
    </>
  );
}

interface SelectedStateProps {
  events: readonly ModelEvent[];
  index: number;
  isNow: boolean;
}

function SelectedState({ events, index, isNow }: SelectedStateProps) {
  const now = useModel();
  const { data, error, refetch, exists } = usePastModel(now.id, events, index);
  if (isNow)
    return <ComparisonTable label="The model" headings={["Now"]} facts={modelFacts(now, now)} />;
  if (!exists) {
    return (
      <p className="border-y py-10 text-center text-soft">
        {isDeletedAfter(events, index)
          ? "It was deleted at that time. It has been restored since."
          : "The model did not exist yet."}
      </p>
    );
  }
  if (error) return <ErrorState error={error} onRetry={() => void refetch()} />;
  if (!data) return <Skeleton className="h-96" />;
  const facts = modelFacts(data, now);
  const changed = facts.filter(isChanged).length;
  return (
    <>
      <p className="mb-2 text-sm font-medium" role="status">
        {changed === 0
          ? "Nothing is different today."
          : `${plural(changed, "thing is", "things are")} different today.`}
      </p>
      <ComparisonTable label="The model then and now" headings={["Then", "Now"]} facts={facts} />
    </>
  );
}

const capitalize = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
