/** One event of the log as a text, expandable to the full event. */

import { ChevronRight } from "lucide-react";
import { type ReactNode, useId, useState } from "react";
import { Link } from "react-router";
import { IconButton } from "~/components/buttons/IconButton";
import { cx } from "~/components/cx";
import { EventPosition } from "~/components/data/EventPosition";
import { Id } from "~/components/data/Id";
import { JsonView } from "~/components/data/JsonView";
import type { Schemas } from "~/services/api/client";
import { describeEvent } from "~/services/events/eventText";
import type { EventText } from "~/services/events/modelEventText";
import { count, dateTime } from "~/services/text/format";

export type ActivityEntry = Schemas["AuditView"] & Partial<Schemas["ActivityView"]>;

interface ActivityRowProps {
  entry: ActivityEntry;
  /** How often the event was repeated. */
  times?: number;
  /** The actor, if worth mentioning. */
  by: string | null;
  /** A button that filters the log by the event's stream. */
  streamLink?: ReactNode;
}

const TONE_CLASSES: Record<EventText["tone"], string> = {
  plain: "text-faint",
  accent: "text-accent",
  success: "text-success",
  warn: "text-warn",
  danger: "text-danger",
};
const CLOCK = new Intl.DateTimeFormat("en-GB", { timeStyle: "medium" });

export function ActivityRow({ entry, times = 1, by, streamLink }: ActivityRowProps) {
  const [isOpen, setOpen] = useState(false);
  const id = useId();
  const { text, note, tone } = describeEvent(entry.action, entry.details);
  return (
    <li className="border-b">
      <div className="grid grid-cols-[minmax(0,1fr)_auto] items-baseline gap-x-4 py-2 sm:grid-cols-[5.5rem_minmax(0,1fr)_auto_auto]">
        <span className="hidden text-right text-sm sm:block">
          <EventPosition position={entry.position} />
        </span>
        <div className="min-w-0 [overflow-wrap:anywhere]">
          <span className="font-medium">
            {text}
            {times > 1 && `, ${times} times`}
          </span>
          {entry.model_id && (
            <>
              {" · "}
              <Link
                to={`/models/${entry.model_id}`}
                className="text-accent underline decoration-rule-strong underline-offset-4 hover:decoration-accent"
              >
                {entry.model_name ?? "its model"}
              </Link>
            </>
          )}
          {note && <p className="line-clamp-3 text-sm text-soft">{note}</p>}
          <p className="text-xs text-faint">
            <span className={cx("font-mono", TONE_CLASSES[tone])}>{entry.action}</span>
            {by && <> by {by}</>}
            {streamLink && <> · {streamLink}</>}
          </p>
        </div>
        <time
          dateTime={entry.created_at}
          title={dateTime(entry.created_at)}
          className="figures col-start-1 text-xs whitespace-nowrap text-faint sm:col-start-auto sm:text-sm"
        >
          {CLOCK.format(new Date(entry.created_at))}
        </time>
        <IconButton
          icon={ChevronRight}
          label={isOpen ? "Hide the event" : "Show the event in full"}
          aria-expanded={isOpen}
          aria-controls={isOpen ? id : undefined}
          onClick={() => setOpen(!isOpen)}
          className={cx(
            "col-start-2 row-start-1 -my-0.5 self-start [&>svg]:transition-transform sm:col-start-auto",
            isOpen && "[&>svg]:rotate-90",
          )}
        />
      </div>
      {isOpen && <EventDetails id={id} entry={entry} />}
    </li>
  );
}

function EventDetails({ id, entry }: { id: string; entry: ActivityEntry }) {
  const fields: readonly [string, string | null][] = [
    ["stream", entry.stream_id],
    ["by", entry.user_id],
    ["request", entry.request_id],
  ];
  return (
    <div id={id} className="mb-3 border-l-2 border-accent bg-raised px-4 py-3 sm:ml-[6.5rem]">
      <dl className="mb-2 flex flex-wrap gap-x-6 text-sm">
        <div className="flex gap-1.5">
          <dt className="text-faint">position</dt>
          <dd>
            {count(entry.position)}, version {entry.version} of its stream
          </dd>
        </div>
        {fields.map(
          ([name, value]) =>
            value && (
              <div key={name} className="flex gap-1.5">
                <dt className="text-faint">{name}</dt>
                <dd>
                  <Id id={value} />
                </dd>
              </div>
            ),
        )}
        {entry.causation && (
          <div className="flex gap-1.5">
            <dt className="text-faint">command</dt>
            <dd className="font-mono">{entry.causation}</dd>
          </div>
        )}
      </dl>
      <JsonView value={entry.details} label="The event's data" />
    </div>
  );
}
