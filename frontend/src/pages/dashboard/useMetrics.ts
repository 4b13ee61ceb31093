import { keepPreviousData } from "@tanstack/react-query";
import { api } from "~/services/api";
import { type Range, REFRESH_MS } from "~/services/course";

/** How all one's models are called; while another span is fetched, the last one stays. */
export const useMetrics = (range: Range) =>
  api.useQuery(
    "get",
    "/api/v1/metrics",
    { params: { query: { range } } },
    { refetchInterval: REFRESH_MS[range], placeholderData: keepPreviousData },
  );
