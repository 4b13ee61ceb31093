import { Search } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { useSearchParams } from "react-router";
import { Select } from "~/components/forms/Select";
import { TextInput } from "~/components/forms/TextInput";
import { useChangeQuery } from "~/services/urlQuery";
import { readModelQuery, SORTS, type Sort, STATES, type State, withModelQuery } from "./modelQuery";

const DEBOUNCE_MS = 180;
const SEARCH_LENGTH_MAX = 200;

export function ModelFilters({ onArrowDown }: { onArrowDown: () => void }) {
  const [search] = useSearchParams();
  const changeQuery = useChangeQuery();
  const modelQuery = readModelQuery(search);
  const change = (next: Partial<typeof modelQuery>) =>
    changeQuery((query) => withModelQuery(query, next));
  return (
    <search className="mb-4 flex flex-wrap gap-3">
      <SearchField
        text={modelQuery.search}
        onSearch={(text) => change({ search: text })}
        onArrowDown={onArrowDown}
      />
      <Select
        aria-label="State"
        value={modelQuery.state ?? ""}
        onChange={({ target }) => change({ state: (target.value || null) as State | null })}
        className="flex-1 sm:flex-none"
      >
        <option value="">In any state</option>
        {STATES.map(({ id, label }) => (
          <option key={id} value={id}>
            {label}
          </option>
        ))}
      </Select>
      <Select
        aria-label="Order"
        value={modelQuery.sort}
        onChange={({ target }) => {
          const sort = SORTS.find(({ id }) => id === (target.value as Sort));
          if (sort) change({ sort: sort.id, order: sort.order });
        }}
        className="flex-1 sm:flex-none"
      >
        {SORTS.map(({ id, label }) => (
          <option key={id} value={id}>
            {label}
          </option>
        ))}
      </Select>
    </search>
  );
}

interface SearchFieldProps {
  text: string;
  onSearch: (text: string) => void;
  onArrowDown: () => void;
}

/** Searches after a pause in typing. A late update of the URL does not overwrite newer text. */
function SearchField({ text, onSearch, onArrowDown }: SearchFieldProps) {
  const [typed, setTyped] = useState(text);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const searched = useRef(text);
  useEffect(() => {
    // The URL was changed by something else.
    if (text !== searched.current) setTyped(text);
    searched.current = text;
  }, [text]);
  useEffect(() => () => clearTimeout(timer.current), []);
  const search = (value: string, afterMs: number) => {
    setTyped(value);
    clearTimeout(timer.current);
    timer.current = setTimeout(() => {
      searched.current = value;
      onSearch(value);
    }, afterMs);
  };
  return (
    <div className="relative min-w-0 flex-1 basis-full sm:basis-64">
      <Search
        size={16}
        aria-hidden
        className="pointer-events-none absolute top-1/2 left-3 -translate-y-1/2 text-faint"
      />
      <TextInput
        type="search"
        aria-label="Search the models"
        aria-keyshortcuts="/"
        placeholder="Name, description, type or label"
        maxLength={SEARCH_LENGTH_MAX}
        value={typed}
        onChange={({ target }) => search(target.value, DEBOUNCE_MS)}
        onKeyDown={(event) => {
          if (event.key === "Enter") search(typed, 0);
          if (event.key === "Escape") search("", 0);
          if (event.key !== "ArrowDown") return;
          event.preventDefault();
          onArrowDown();
        }}
        className="pl-9"
      />
    </div>
  );
}
