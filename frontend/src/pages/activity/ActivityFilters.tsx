import { X } from "lucide-react";
import { Button } from "~/components/buttons/Button";
import { Field } from "~/components/forms/Field";
import { Select } from "~/components/forms/Select";
import { TextInput } from "~/components/forms/TextInput";
import { TOPICS, topicLabel } from "~/services/events/eventText";
import { shortId } from "~/services/text/format";
import type { FilterName, Filters } from "./filters";

interface ActivityFiltersProps {
  filters: Filters;
  /** Usernames by account id. */
  names: ReadonlyMap<string, string>;
  onChange: (name: FilterName, value: string) => void;
}

/** Predictions are not in the log: each model has its own history. */
const TOPICS_SHOWN = TOPICS.filter((topic) => !topic.startsWith("Prediction."));

export function ActivityFilters({ filters, names, onChange }: ActivityFiltersProps) {
  return (
    <div className="grid flex-1 basis-full grid-cols-2 items-end gap-3 sm:flex sm:basis-auto sm:flex-wrap">
      <Field label="What" className="col-span-2 sm:w-60">
        <Select value={filters.action} onChange={({ target }) => onChange("action", target.value)}>
          <option value="">Everything</option>
          {TOPICS_SHOWN.map((topic) => (
            <option key={topic} value={topic}>
              {topicLabel(topic)}
            </option>
          ))}
        </Select>
      </Field>
      {filters.isFullLog && (
        <>
          <Field label="By" className="col-span-2 sm:w-44">
            <Select value={filters.user} onChange={({ target }) => onChange("user", target.value)}>
              <option value="">Everybody</option>
              {filters.user && !names.has(filters.user) && (
                <option value={filters.user}>{shortId(filters.user)}</option>
              )}
              {[...names].map(([id, name]) => (
                <option key={id} value={id}>
                  {name}
                </option>
              ))}
            </Select>
          </Field>
          <DayField label="From" name="from" filters={filters} onChange={onChange} />
          <DayField label="To" name="to" filters={filters} onChange={onChange} />
        </>
      )}
      {filters.stream && (
        <Button isSmall className="col-span-2 mb-0.5" onClick={() => onChange("stream", "")}>
          One stream: <span className="font-mono">{shortId(filters.stream)}</span>
          <X size={14} aria-label="Remove" />
        </Button>
      )}
    </div>
  );
}

interface DayFieldProps extends Pick<ActivityFiltersProps, "filters" | "onChange"> {
  label: string;
  name: "from" | "to";
}

function DayField({ label, name, filters, onChange }: DayFieldProps) {
  return (
    <Field label={label} className="sm:w-40">
      <TextInput
        type="date"
        value={filters[name]}
        onChange={({ target }) => onChange(name, target.value)}
      />
    </Field>
  );
}
