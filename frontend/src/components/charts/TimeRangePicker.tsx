import { useSearchParams } from "react-router";
import { SegmentedControl } from "~/components/forms/SegmentedControl";
import { readTimeRange, TIME_RANGES, type TimeRange, withTimeRange } from "~/services/metrics";
import { useChangeQuery } from "~/services/urlQuery";

const OPTIONS = TIME_RANGES.map((range) => ({ id: range, label: range }));

/** Selects the time range of charts, kept in the URL. */
export function TimeRangePicker() {
  const [search] = useSearchParams();
  const changeQuery = useChangeQuery();
  return (
    <SegmentedControl
      label="How far back"
      options={OPTIONS}
      value={readTimeRange(search)}
      onChange={(range) => changeQuery((query) => withTimeRange(query, range))}
    />
  );
}

export function useTimeRange(): TimeRange {
  const [search] = useSearchParams();
  return readTimeRange(search);
}
