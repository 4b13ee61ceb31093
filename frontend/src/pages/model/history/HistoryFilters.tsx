/** The form of filters; the address holds what is chosen. */

import { ListFilter } from "lucide-react";
import { type ReactNode, useEffect, useState } from "react";
import { useSearchParams } from "react-router";
import { Button } from "~/components/ui/Button";
import { cx } from "~/components/ui/cx";
import { Field } from "~/components/ui/Field";
import { Select } from "~/components/ui/Select";
import { TextInput } from "~/components/ui/TextInput";
import { useVersions } from "../useVersions";
import { FILTERS, type Filters, isFiltered, readFrom, textOf, withFilter } from "./filters";

interface HistoryFiltersProps {
  modelId: string;
  filters: Filters;
  onClear: () => void;
  /** What else can be done with what is found. */
  children: ReactNode;
}

export function HistoryFilters({ modelId, filters, onClear, children }: HistoryFiltersProps) {
  const [isOpen, setOpen] = useState(false);
  const chosen = FILTERS.filter((name) => filters[name] !== "").length;
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
        <Chosen name="status" label="Outcome" filters={filters} className="lg:w-28">
          <option value="">All</option>
          <option value="success">Answered</option>
          <option value="error">Failed</option>
        </Chosen>
        <Versions modelId={modelId} filters={filters} />
        <Written name="from" label="From" type="datetime-local" filters={filters} />
        <Written name="until" label="Until" type="datetime-local" filters={filters} />
        <Written name="min_ms" label="At least, ms" type="number" filters={filters} />
        <Written name="max_ms" label="At most, ms" type="number" filters={filters} />
      </div>
      <div className="ml-auto flex items-center gap-2">
        {isFiltered(filters) && (
          <Button look="quiet" isSmall onClick={onClear}>
            Clear
          </Button>
        )}
        {children}
      </div>
    </section>
  );
}

interface OneFilter {
  name: keyof Filters;
  label: string;
  filters: Filters;
}

function Versions({ modelId, filters }: { modelId: string; filters: Filters }) {
  const { versions } = useVersions(modelId);
  const isUnknown =
    filters.version !== "" && !versions.some((v) => String(v.number) === filters.version);
  return (
    <Chosen name="version" label="Version" filters={filters} className="lg:w-28">
      <option value="">All</option>
      {isUnknown && <option value={filters.version}>{filters.version}</option>}
      {versions.map(({ number, version }) => (
        <option key={number} value={number}>
          {number} · {version}
        </option>
      ))}
    </Chosen>
  );
}

function Chosen({
  name,
  label,
  filters,
  className,
  children,
}: OneFilter & { className?: string; children: ReactNode }) {
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

/** Holds what is being written until it is left, or by Enter. */
function Written({ name, label, type, filters }: OneFilter & { type: string }) {
  const set = useSetFilter();
  const told = textOf(name, filters[name]);
  const [text, setText] = useState(told);
  useEffect(() => setText(told), [told]);
  const take = () => text !== told && set(name, readFrom(name, text));
  return (
    <Field label={label} className={type === "number" ? "lg:w-24" : "lg:w-48"}>
      <TextInput
        type={type}
        min={type === "number" ? 0 : undefined}
        step={type === "number" ? "any" : undefined}
        value={text}
        onChange={(event) => setText(event.target.value)}
        onBlur={take}
        onKeyDown={(event) => event.key === "Enter" && take()}
        className="text-sm"
      />
    </Field>
  );
}

function useSetFilter(): (name: keyof Filters, value: string) => void {
  const [, setSearch] = useSearchParams();
  return (name, value) => setSearch((before) => withFilter(before, name, value), { replace: true });
}
