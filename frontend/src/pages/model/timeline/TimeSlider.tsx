/** A slider over the history of a model, with a mark for each event. */

import { ChevronLeft, ChevronRight } from "lucide-react";
import { type KeyboardEvent, useEffect, useState } from "react";
import { Button } from "~/components/buttons/Button";
import { IconButton } from "~/components/buttons/IconButton";
import { cx } from "~/components/cx";
import { Field } from "~/components/forms/Field";
import { TextInput } from "~/components/forms/TextInput";
import { date, dateTime } from "~/services/text/format";
import { fromLocalInput, toLocalInput } from "~/services/text/localTime";
import type { ModelEvent } from "./events";
import type { TimeScale } from "./timeScale";

/** Within this fraction of the slider the handle snaps to an event. */
const SNAP_DISTANCE = 0.012;
const STEPS: Readonly<Record<string, number>> = {
  ArrowRight: 1,
  ArrowUp: 1,
  ArrowLeft: -1,
  ArrowDown: -1,
  PageUp: 5,
  PageDown: -5,
  Home: Number.NEGATIVE_INFINITY,
  End: Number.POSITIVE_INFINITY,
};

interface TimeSliderProps {
  events: readonly ModelEvent[];
  scale: TimeScale;
  /** Null for now. */
  at: string | null;
  /** The latest event at the selected time. */
  index: number;
  /** The accessible text of the selected time. */
  text: string;
  onMove: (at: string | null) => void;
}

export function TimeSlider({ events, scale, at, index, text, onMove }: TimeSliderProps) {
  const position = at === null ? 1 : scale.positionOf(Date.parse(at));
  const step = (by: number) => {
    // Between two events, a step back selects the earlier one.
    const isBetween = at !== null && events[index]?.recorded_at !== at;
    const from = at === null ? events.length : index;
    const next = Math.max(0, from + by + (by < 0 && isBetween ? 1 : 0));
    onMove(events[next]?.recorded_at ?? null);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const by = STEPS[event.key];
    if (by === undefined) return;
    event.preventDefault();
    step(by);
  };
  return (
    <section aria-label="Time" className="mb-8 border-y bg-raised px-4 pt-4 pb-3 sm:px-6">
      <div className="relative h-12">
        <TimelineTrack scale={scale} events={events} place={position} index={index} />
        <input
          type="range"
          aria-label="Time"
          aria-valuetext={text}
          min={0}
          max={1}
          step="any"
          value={position}
          onKeyDown={onKeyDown}
          onChange={(event) => onMove(timeAtPosition(Number(event.target.value), scale, events))}
          className="peer absolute inset-0 z-1 m-0 h-full w-full cursor-grab appearance-none opacity-0 active:cursor-grabbing"
        />
        <span
          aria-hidden
          className="pointer-events-none absolute -inset-x-2 inset-y-1 rounded-sm outline-accent peer-focus-visible:outline-2"
        />
      </div>
      <div className="figures flex justify-between text-xs text-faint" aria-hidden>
        <span>{date(events[0]?.recorded_at)}</span>
        <span>now</span>
      </div>
      <div className="mt-3 flex flex-wrap items-end gap-2">
        <IconButton
          icon={ChevronLeft}
          label="To the previous event"
          disabled={index <= 0 && at === events[0]?.recorded_at}
          onClick={() => step(-1)}
        />
        <IconButton
          icon={ChevronRight}
          label="To the next event"
          disabled={at === null}
          onClick={() => step(1)}
        />
        <Button isSmall variant="quiet" disabled={at === null} onClick={() => onMove(null)}>
          Now
        </Button>
        <TimeInput at={at} onMove={onMove} />
      </div>
    </section>
  );
}

/** Half a handle is left free at both ends, as in the browser's range input. */
function TimelineTrack({
  scale,
  events,
  place: position,
  index,
}: {
  scale: TimeScale;
  events: readonly ModelEvent[];
  place: number;
  index: number;
}) {
  return (
    <div aria-hidden className="absolute inset-x-2 inset-y-0">
      <span className="absolute top-1/2 h-px w-full bg-rule-strong" />
      <span
        className="absolute top-1/2 -mt-px h-[3px] bg-accent"
        style={{ width: `${position * 100}%` }}
      />
      {events.map(({ position }, each) => (
        <span
          key={position}
          className={cx(
            "absolute top-1/2 w-[2px] -translate-x-1/2 -translate-y-1/2 transition-[height]",
            each === index ? "h-9" : "h-5",
            each <= index ? "bg-accent" : "bg-rule-strong",
          )}
          style={{ left: `${(scale.positions[each] ?? 0) * 100}%` }}
        />
      ))}
      <span
        className="absolute top-1/2 size-4 -translate-x-1/2 -translate-y-1/2 rounded-full border-[3px] border-raised bg-accent shadow-float ring-2 ring-accent"
        style={{ left: `${position * 100}%` }}
      />
    </div>
  );
}

function TimeInput({ at, onMove }: Pick<TimeSliderProps, "at" | "onMove">) {
  const shownValue = toLocalInput(at ?? "");
  const [text, setText] = useState(shownValue);
  useEffect(() => setText(shownValue), [shownValue]);
  const apply = (value: string) => {
    setText(value);
    const time = fromLocalInput(value);
    if (time !== "") onMove(Date.parse(time) >= Date.now() ? null : time);
  };
  return (
    <Field
      label={<span className="sr-only">Date and time</span>}
      className="w-full sm:ml-auto sm:w-56"
    >
      <TextInput
        type="datetime-local"
        step={1}
        title={at === null ? "Now" : dateTime(at)}
        value={text}
        onChange={(event) => apply(event.target.value)}
        className="text-sm"
      />
    </Field>
  );
}

/** The time of an event close to the handle, otherwise any time. */
function timeAtPosition(
  position: number,
  scale: TimeScale,
  events: readonly ModelEvent[],
): string | null {
  if (position >= 1 - SNAP_DISTANCE / 2) return null;
  const distances = scale.positions.map((each) => Math.abs(each - position));
  const nearest = distances.indexOf(Math.min(...distances));
  const event = events[nearest];
  if (event && (distances[nearest] ?? 1) <= SNAP_DISTANCE) return event.recorded_at;
  return new Date(scale.timeAt(position)).toISOString();
}
