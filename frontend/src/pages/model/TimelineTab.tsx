/** What happened to a model, and the model as it was at any moment of that. */

import { useEffect, useMemo, useState } from "react";
import { ErrorState } from "~/components/ui/ErrorState";
import { Skeleton } from "~/components/ui/Skeleton";
import { useAuth } from "~/context/AuthContext";
import { absolute, plural, relative } from "~/services/format";
import { useListing } from "~/services/listing";
import { Comparison, isChanged } from "./compare/Comparison";
import { useModel } from "./ModelPage";
import { EventList } from "./timeline/EventList";
import { actorOf, indexAt, isGoneAfter, type ModelEvent, sentenceOf } from "./timeline/events";
import { factsOf } from "./timeline/former";
import { scaleOf } from "./timeline/scale";
import { TimeSlider } from "./timeline/TimeSlider";
import { useFormer } from "./timeline/useFormer";
import { useMoment } from "./timeline/useMoment";

const AT_ONCE = 500;

export default function TimelineTab() {
  const { id } = useModel();
  const { rows, error, refetch, isPending, hasMore, isLoadingMore, loadMore } = useListing(
    "/api/v1/models/{model_id}/events",
    { path: { model_id: id }, query: { limit: AT_ONCE } },
  );
  // The line is a whole: it is drawn of all events, which are few for a model.
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
  return <Life events={rows} />;
}

/** `rows` are made anew with each rendering: what they are is told by their number. */
function Life({ events: given }: { events: readonly ModelEvent[] }) {
  // biome-ignore lint/correctness/useExhaustiveDependencies: events are only ever added
  const events = useMemo(() => given, [given.length]);
  const [opened] = useState(Date.now);
  const [at, move] = useMoment();
  const { user } = useAuth();
  const scale = useMemo(
    () =>
      scaleOf(
        events.map(({ recorded_at }) => Date.parse(recorded_at)),
        opened,
      ),
    [events, opened],
  );
  const index = at === null ? events.length - 1 : indexAt(events, at);
  const event = events[index];
  const text = event ? sentenceOf(event, actorOf(event, user)) : "It was not there yet";
  return (
    <>
      <TimeSlider
        events={events}
        scale={scale}
        at={at}
        index={index}
        text={`${at === null ? "Now" : absolute(at)}: ${text}`}
        onMove={move}
      />
      <div className="grid gap-x-12 gap-y-10 lg:grid-cols-[minmax(0,1.35fr)_minmax(0,1fr)]">
        <section aria-labelledby="then" className="min-w-0 self-start lg:sticky lg:top-6">
          <h2 id="then" className="text-xl">
            {at === null ? "Now" : absolute(at)}
          </h2>
          <p className="mb-4 text-soft sm:truncate" title={at === null ? undefined : text}>
            {at === null
              ? "Drag along the line, or use the arrow keys, to see how it was."
              : `${capital(relative(at))}${event?.recorded_at === at ? ":" : ", after:"} ${text}`}
          </p>
          <Then events={events} index={index} isNow={at === null} />
        </section>
        <section aria-labelledby="events" className="min-w-0">
          <h2 id="events" className="mb-4 text-xl">
            What happened
          </h2>
          <EventList events={events} index={index} onSelect={(each) => move(each.recorded_at)} />
        </section>
      </div>
    </>
  );
}

interface ThenProps {
  events: readonly ModelEvent[];
  index: number;
  isNow: boolean;
}

function Then({ events, index, isNow }: ThenProps) {
  const now = useModel();
  const { data, error, refetch, isThere } = useFormer(now.id, events, index);
  if (isNow) return <Comparison label="The model" headings={["Now"]} facts={factsOf(now, now)} />;
  if (!isThere) {
    return (
      <p className="border-y py-10 text-center text-soft">
        {isGoneAfter(events, index)
          ? "It was deleted then, and answered nothing. It has been restored since."
          : "It was not there yet."}
      </p>
    );
  }
  if (error) return <ErrorState error={error} onRetry={() => void refetch()} />;
  if (!data) return <Skeleton className="h-96" />;
  const facts = factsOf(data, now);
  const changed = facts.filter(isChanged).length;
  return (
    <>
      <p className="mb-2 text-sm font-medium" role="status">
        {changed === 0
          ? "Nothing is different today."
          : `${plural(changed, "thing is", "things are")} different today.`}
      </p>
      <Comparison label="The model then and now" headings={["Then", "Now"]} facts={facts} />
    </>
  );
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
