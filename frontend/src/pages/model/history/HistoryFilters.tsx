/** The form of the filters, which are kept in the URL. */

import { ListFilter } from "lucide-react";
import { type ReactNode, useEffect, useState } from "react";
import { Button } from "~/components/buttons/Button";
import { cx } from "~/components/cx";
import { Field } from "~/components/forms/Field";
import { Select } from "~/components/forms/Select";
import { TextInput } from "~/components/forms/TextInput";
import { useChangeQuery } from "~/services/urlQuery";
import { useVersions } from "../useVersions";
import { FILTER_NAMES, type Filters, fromField, isFiltered, toField, withFilter } from "./filters";

interface HistoryFiltersProps {
  modelId: string;
  filters: Filters;
  onClear: () => void;
  /** Other actions on the filtered rows. */
  children: ReactNode;
}

export function HistoryFilters({ modelId, filters, onClear, children }: HistoryFiltersProps) {
  const [isOpen, setOpen] = useState(false);
  const chosen = FILTER_NAMES.filter((name) => filters[name] !== "").length;
  return (
    <section aria-label="Filters" className="mb-3 flex flex-wrap items-end gap-3">
      <Button isSmall aria-expanded={isOpen} onClick={() => setOpen(!isOpen)} className="sm:hidden">
        <ListFilter size={15} aria-hidden /> Filters{chosen > 0 && ` (${chosen})`}
      </Button>
      <div
        className={cx(
          "grid w-full grid-cols-2 gap-3 max-sm:order-last sm:grid-cols-3 lg:flex lg:w-auto",
          !isOpen && "max-sm:hidden",
        )}
      >
        <FilterSelect name="status" label="Outcome" filters={filters} className="lg:w-28">
          <option value="">All</option>
          <option value="success">Succeeded</option>
          <option value="error">Failed</option>
        </FilterSelect>
        <VersionFilter modelId={modelId} filters={filters} />
        <FilterInput name="from" label="From" type="datetime-local" filters={filters} />
        <FilterInput name="until" label="Until" type="datetime-local" filters={filters} />
        <FilterInput name="min_ms" label="At least, ms" type="number" filters={filters} />
        <FilterInput name="max_ms" label="At most, ms" type="number" filters={filters} />
      </div>
      <div className="ml-auto flex items-center gap-2">
        {isFiltered(filters) && (
          <Button variant="quiet" isSmall onClick={onClear}>
            Clear
          </Button>
        )}
        {children}
      </div>
    </section>
  );
}

interface FilterFieldProps {
  name: keyof Filters;
  label: string;
  filters: Filters;
}

function VersionFilter({ modelId, filters }: { modelId: string; filters: Filters }) {
  const { versions } = useVersions(modelId);
  const isUnknown =
    filters.version !== "" && !versions.some((v) => String(v.number) === filters.version);
  return (
    <FilterSelect name="version" label="Version" filters={filters} className="lg:w-28">
      <option value="">All</option>
      {isUnknown && <option value={filters.version}>{filters.version}</option>}
      {versions.map(({ number, version }) => (
        <option key={number} value={number}>
          {number} · {version}
        </option>
      ))}
    </FilterSelect>
  );
}

function FilterSelect({
  name,
  label,
  filters,
  className,
  children,
}: FilterFieldProps & { className?: string; children: ReactNode }) {
  const set = useSetFilter();
  return (
    <Field label={label} className={className}>
      <Select
        value={filters[name]}
        onChange={(event) => set(name, event.target.value)}
        className="text-sm"
      >
        {children}
      </Select>
    </Field>
  );
}

/** Applies its value on blur or by Enter, not while typing. */
function FilterInput({ name, label, type, filters }: FilterFieldProps & { type: string }) {
  const set = useSetFilter();
  const shownValue = toField(name, filters[name]);
  const [text, setText] = useState(shownValue);
  useEffect(() => setText(shownValue), [shownValue]);
  const commit = () => text !== shownValue && set(name, fromField(name, text));
  return (
    <Field label={label} className={type === "number" ? "lg:w-24" : "lg:w-48"}>
      <TextInput
        type={type}
        min={type === "number" ? 0 : undefined}
        step={type === "number" ? "any" : undefined}
        value={text}
        onChange={(event) => setText(event.target.value)}
        onBlur={commit}
        onKeyDown={(event) => event.key === "Enter" && commit()}
        className="text-sm"
      />
    </Field>
  );
}

function useSetFilter(): (name: keyof Filters, value: string) => void {
  const changeQuery = useChangeQuery();
  return (name, value) => changeQuery((query) => withFilter(query, name, value));
}
