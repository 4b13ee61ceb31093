import { useSearchParams } from "react-router";
import { Choice } from "~/components/ui/Choice";
import { RANGES, type Range, rangeIn, withRange } from "~/services/course";

const OPTIONS = RANGES.map((range) => ({ id: range, label: range }));

/** How far back figures go; the address says it. */
export function RangeChoice() {
  const [search, setSearch] = useSearchParams();
  return (
    <Choice
      label="How far back"
      options={OPTIONS}
      chosen={rangeIn(search)}
      onChoose={(range) => setSearch((before) => withRange(before, range), { replace: true })}
    />
  );
}

export function useRange(): Range {
  const [search] = useSearchParams();
  return rangeIn(search);
}
