import { keepPreviousData } from "@tanstack/react-query";
import { api } from "~/services/api/client";
import { REFRESH_MS, type TimeRange } from "~/services/metrics";

/** Metrics of all models of the user. The previous data stays while another range is loading. */
export const useMetrics = (range: TimeRange) =>
  api.useQuery(
    "get",
    "/api/v1/metrics",
    { params: { query: { range } } },
    { refetchInterval: REFRESH_MS[range], placeholderData: keepPreviousData },
  );
