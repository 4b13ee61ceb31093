// @vitest-environment jsdom
import { expect, test, vi } from "vitest";
import { heedAge, queries } from "./api";

test("what the server says is behind is asked for again, once and not at once", () => {
  vi.useFakeTimers();
  const asked = vi.spyOn(queries, "invalidateQueries").mockResolvedValue();
  const behind = new Response("[]", { headers: { "X-Data-Age": "0.3" } });
  heedAge(new Response("[]"), "/api/v1/models");
  heedAge(behind, "/api/v1/models");
  heedAge(behind, "/api/v1/models");
  expect(asked).not.toHaveBeenCalled();
  vi.advanceTimersByTime(60_000);
  expect(asked).toHaveBeenCalledTimes(1);
  heedAge(behind, "/api/v1/models");
  vi.advanceTimersByTime(60_000);
  expect(asked).toHaveBeenCalledTimes(2);
});
