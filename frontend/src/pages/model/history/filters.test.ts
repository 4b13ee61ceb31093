import { describe, expect, it } from "vitest";
import { isFiltered, readFilters, toQuery, withFilter, withoutFilters } from "./filters";

describe("filters", () => {
  it("are read from a URL, without invalid values", () => {
    const search = new URLSearchParams("status=error&version=x&from=never&min_ms=-1&max_ms=2.5");
    expect(readFilters(search)).toEqual({
      status: "error",
      version: "",
      from: "",
      until: "",
      min_ms: "",
      max_ms: "2.5",
    });
  });

  it("change one by one and keep the rest of the URL", () => {
    const search = withFilter(new URLSearchParams("prediction=1&status=error"), "version", "2");
    expect(search.toString()).toBe("prediction=1&status=error&version=2");
    expect(withFilter(search, "status", "").toString()).toBe("prediction=1&version=2");
    expect(withoutFilters(search).toString()).toBe("prediction=1");
  });

  it("are converted to the API's query parameters", () => {
    const filters = readFilters(new URLSearchParams("from=2031-03-03T14:05:00Z"));
    expect(isFiltered(filters)).toBe(true);
    expect(toQuery(filters)).toMatchObject({ since: "2031-03-03T14:05:00Z", status: "" });
    expect(toQuery(filters)).not.toHaveProperty("from");
  });
});
