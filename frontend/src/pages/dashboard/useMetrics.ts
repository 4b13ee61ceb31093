import { keepPreviousData } from "@tanstack/react-query";
import { api } from "~/services/api/client";
import { REFRESH_MS, type TimeRange } from "~/services/metrics";

/** How all one's models are called; while another span is fetched, the last one stays. */
export const useMetrics = (range: TimeRange) =>
  api.useQuery(
    "get",
    "/api/v1/metrics",
    { params: { query: { range } } },
    { refetchInterval: REFRESH_MS[range], placeholderData: keepPreviousData },
  );
