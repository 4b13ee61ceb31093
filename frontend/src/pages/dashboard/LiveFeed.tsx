/** Live events. The list does not move while it is hovered, focused or paused. */

import { Pause, Play } from "lucide-react";
import { memo, useState } from "react";
import { Link } from "react-router";
import { IconButton } from "~/components/buttons/IconButton";
import { Sparkline } from "~/components/charts/Sparkline";
import { Status } from "~/components/data/Badge";
import { Time } from "~/components/data/Time";
import {
  type FeedEvent,
  type FeedMetrics,
  type FeedState,
  METRICS_MAX,
} from "~/services/events/feed";
import { describeFeedEvent } from "~/services/events/feedEventText";
import { useFeed } from "~/services/events/useFeed";
import { count, decimal, duration, plural } from "~/services/text/format";
import { useFrozenValue } from "./useFrozenValue";

const SHOWN_MAX = 60;

export function LiveFeed({ lastAt }: { lastAt: string | null | undefined }) {
  const feed = useFeed();
  const [isPaused, setPaused] = useState(false);
  const [isHovered, setHovered] = useState(false);
  const isFrozen = isPaused || isHovered;
  const shown = useFrozenValue(feed.events, isFrozen);
  const unseen = isFrozen ? countNewer(feed.events, shown) : 0;
  return (
    <section aria-labelledby="live" className="min-w-0">
      <div className="mb-2 flex min-h-8 flex-wrap items-center justify-between gap-x-5 gap-y-1">
        <h2 id="live" className="flex items-center gap-3 text-lg">
          Live
          <span className="font-normal">
            <FeedStatus status={feed.status} isFrozen={isFrozen} unseen={unseen} />
          </span>
        </h2>
        <div className="flex items-center gap-3">
          <RequestRate metrics={feed.metrics} />
          <IconButton
            icon={isPaused ? Play : Pause}
            label={isPaused ? "Resume" : "Pause"}
            aria-pressed={isPaused}
            onClick={() => setPaused(!isPaused)}
          />
        </div>
      </div>
      {/* biome-ignore lint/a11y/noStaticElementInteractions: it only stops moving while it is read */}
      <div
        onPointerEnter={(event) => event.pointerType === "mouse" && setHovered(true)}
        onPointerLeave={() => setHovered(false)}
        onFocus={() => setHovered(true)}
        onBlur={() => setHovered(false)}
        className="h-96 overflow-y-auto overscroll-contain border-y"
      >
        {shown.length === 0 ? (
          <NoEvents lastAt={lastAt} />
        ) : (
          <ol className="text-sm">
            {shown.slice(0, SHOWN_MAX).map((event) => (
              <EventRow key={event.position} event={event} />
            ))}
          </ol>
        )}
        {feed.skipped > 0 && (
          <p className="px-2 py-2 text-center text-sm text-faint">
            {plural(feed.skipped, "more event")} came too fast to be shown.
          </p>
        )}
      </div>
    </section>
  );
}

const countNewer = (all: readonly FeedEvent[], shown: readonly FeedEvent[]): number => {
  const last = shown[0]?.position ?? 0;
  return all.filter(({ position }) => position > last).length;
};

function FeedStatus({
  status,
  isFrozen,
  unseen,
}: Pick<FeedState, "status"> & { isFrozen: boolean; unseen: number }) {
  if (status === "waiting") return <Status tone="warn">connection lost, trying again</Status>;
  if (status !== "live") return <Status>connecting</Status>;
  if (!isFrozen)
    return (
      <Status tone="accent" isBusy>
        now
      </Status>
    );
  return <Status>{unseen > 0 ? `paused, ${count(unseen)} new` : "paused"}</Status>;
}

/** Predictions per second over the last two minutes. */
function RequestRate({ metrics }: { metrics: readonly FeedMetrics[] }) {
  const latest = metrics[metrics.length - 1];
  // Padded on the left, so that the newest value is always at the right.
  const padding = new Array<null>(METRICS_MAX - metrics.length).fill(null);
  const rates = metrics.map(({ predictions_per_second }) => predictions_per_second);
  return (
    <div className="flex items-center gap-3 text-sm text-soft">
      <Sparkline
        label="Predictions a second in the last two minutes"
        values={[...padding, ...rates]}
        width={120}
        height={20}
      />
      <span className="figures min-w-24 text-right">
        {decimal(latest?.predictions_per_second ?? 0)} a second
      </span>
    </div>
  );
}

function NoEvents({ lastAt }: { lastAt: string | null | undefined }) {
  return (
    <div className="flex h-full flex-col items-center justify-center px-4 text-center">
      <p className="font-medium">No events since you opened this page</p>
      <p className="mt-1 text-sm text-soft">
        {lastAt ? (
          <>
            The last call was <Time at={lastAt} />.
          </>
        ) : (
          "No model has been called yet."
        )}{" "}
        New events appear here immediately.
      </p>
    </div>
  );
}

const EventRow = memo(function EventRow({ event }: { event: FeedEvent }) {
  const { text, tone } = describeFeedEvent(event);
  const { model_id, model_name, version_number, latency_ms, at } = event;
  const isPrediction = event.status !== null;
  return (
    <li className="grid animate-arrive grid-cols-[auto_minmax(0,1fr)_auto] items-baseline gap-x-3 border-b px-2 py-1.5 last:border-0 sm:grid-cols-[auto_minmax(0,2fr)_minmax(0,3fr)_5rem_8rem]">
      <Status tone={tone}>
        <span className="sr-only">
          {isPrediction ? (tone === "danger" ? "Failed" : "Succeeded") : "Changed"}
        </span>
      </Status>
      <span className="flex min-w-0 items-baseline gap-2">
        <Link
          to={`/models/${model_id}`}
          title={model_name ?? undefined}
          className="min-w-0 truncate font-medium hover:text-accent hover:underline"
        >
          {model_name}
        </Link>
        {isPrediction && version_number !== null && (
          <span className="shrink-0 text-faint">v{version_number}</span>
        )}
      </span>
      <span
        className="text-faint max-sm:order-last max-sm:col-span-2 max-sm:col-start-2 sm:truncate sm:text-soft"
        title={text}
      >
        {text}
      </span>
      <span className="figures hidden text-right text-soft sm:block">
        {latency_ms !== null && duration(latency_ms)}
      </span>
      <span className="text-right text-faint">
        <Time at={at} />
      </span>
    </li>
  );
});
