// @vitest-environment jsdom
import { expect, test, vi } from "vitest";
import { queryClient, refetchIfStale } from "./client";

test("stale data is refetched once, after a delay", () => {
  vi.useFakeTimers();
  const refetched = vi.spyOn(queryClient, "invalidateQueries").mockResolvedValue();
  const behind = new Response("[]", { headers: { "X-Data-Age": "0.3" } });
  refetchIfStale(new Response("[]"), "/api/v1/models");
  refetchIfStale(behind, "/api/v1/models");
  refetchIfStale(behind, "/api/v1/models");
  expect(refetched).not.toHaveBeenCalled();
  vi.advanceTimersByTime(60_000);
  expect(refetched).toHaveBeenCalledTimes(1);
  refetchIfStale(behind, "/api/v1/models");
  vi.advanceTimersByTime(60_000);
  expect(refetched).toHaveBeenCalledTimes(2);
});
