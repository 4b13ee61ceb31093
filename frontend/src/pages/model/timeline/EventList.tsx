/** The events of a model, newest first, each expandable to the full event. */

import { useState } from "react";
import { cx } from "~/components/cx";
import { Badge } from "~/components/data/Badge";
import { EventPosition } from "~/components/data/EventPosition";
import { Id } from "~/components/data/Id";
import { JsonView } from "~/components/data/JsonView";
import { Time } from "~/components/data/Time";
import { useAuth } from "~/context/AuthContext";
import { describeModelEvent } from "~/services/events/modelEventText";
import { actorName, isRollback, type ModelEvent } from "./events";

interface EventListProps {
  /** Oldest first. */
  events: readonly ModelEvent[];
  /** The latest event at the selected time. */
  index: number;
  onSelect: (event: ModelEvent) => void;
}

export function EventList({ events, index, onSelect }: EventListProps) {
  return (
    <ol aria-label="Events" className="relative ml-1.5 border-l" reversed>
      {events
        .map((event, each) => (
          <EventEntry
            key={event.position}
            event={event}
            state={each === index ? "here" : each < index ? "past" : "ahead"}
            isRollback={isRollback(events, each)}
            onSelect={() => onSelect(event)}
          />
        ))
        .reverse()}
    </ol>
  );
}

interface EventEntryProps {
  event: ModelEvent;
  /** `ahead` is after the selected time. */
  state: "past" | "here" | "ahead";
  isRollback: boolean;
  onSelect: () => void;
}

function EventEntry({ event, state, isRollback, onSelect }: EventEntryProps) {
  const { user } = useAuth();
  const { text, note } = describeModelEvent(event.type, event.data);
  return (
    <li
      className={cx("relative pb-5 pl-5 transition-colors", state === "ahead" && "text-faint")}
      aria-current={state === "here" ? "time" : undefined}
    >
      <span
        aria-hidden
        className={cx(
          "absolute top-1 -left-1.5 size-3 rounded-full border-2 transition-colors",
          state === "ahead" ? "border-rule-strong bg-paper" : "border-accent bg-accent",
          state === "here" && "ring-4 ring-accent-soft",
        )}
      />
      <div className="flex flex-wrap items-baseline gap-x-3 text-sm">
        <EventPosition position={event.position} />
        <span className="text-faint">
          <Time at={event.recorded_at} isAbsolute /> by {actorName(event, user)}
        </span>
      </div>
      <button
        type="button"
        onClick={onSelect}
        title="See the model as it was then"
        className="touchable text-left [overflow-wrap:anywhere] hover:text-accent"
      >
        <span className="font-medium">{text}</span>{" "}
        {isRollback && <Badge tone="warn">a rollback</Badge>}
      </button>
      {note && <p className="line-clamp-3 text-sm text-soft [overflow-wrap:anywhere]">{note}</p>}
      <EventDetails event={event} />
    </li>
  );
}

function EventDetails({ event }: { event: ModelEvent }) {
  const [isOpen, setOpen] = useState(false);
  return (
    <details
      className="text-sm"
      open={isOpen}
      onToggle={({ currentTarget }) => setOpen(currentTarget.open)}
    >
      <summary className="touchable flex w-fit items-center text-faint hover:text-ink">
        In full<span className="sr-only">: event {event.position}</span>
      </summary>
      {isOpen && (
        <div className="mt-1 border bg-raised p-3 text-ink">
          <dl className="mb-3 grid grid-cols-[auto_1fr] gap-x-4 gap-y-1">
            <dt className="text-soft">Type</dt>
            <dd className="font-mono text-xs leading-5">{event.type}</dd>
            {event.actor_id && (
              <>
                <dt className="text-soft">By</dt>
                <dd>
                  <Id id={event.actor_id} isFull />
                </dd>
              </>
            )}
            {event.request_id && (
              <>
                <dt className="text-soft">Request</dt>
                <dd>
                  <Id id={event.request_id} isFull />
                </dd>
              </>
            )}
          </dl>
          <JsonView label={`Event ${event.position}`} value={event.data} />
        </div>
      )}
    </details>
  );
}
