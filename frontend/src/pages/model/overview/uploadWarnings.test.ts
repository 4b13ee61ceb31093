import { expect, it } from "vitest";
import { uploadWarnings } from "./uploadWarnings";

it("the warnings are those of the given version", () => {
  const events = [
    { type: "Model.Uploaded", data: { artifact: { warnings: ["old"] } } },
    {
      type: "Model.VersionAdded",
      data: { number: 2, artifact: { warnings: ["unknown columns"] } },
    },
    { type: "Model.VersionAdded", data: { number: 3, artifact: {} } },
  ];
  expect([1, 2, 3, 4].map((number) => uploadWarnings(events, number))).toEqual([
    ["old"],
    ["unknown columns"],
    [],
    [],
  ]);
});
