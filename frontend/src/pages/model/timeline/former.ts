/** What is said of a model at two moments. */

import type { Schemas } from "~/services/api";
import { bytes } from "~/services/format";
import { type Fact, inputLines, outputLines, schemaFact } from "../compare/schemas";
import { versionName } from "../versionName";

type Model = Schemas["ModelView"];

export function factsOf(then: Model, now: Model): Fact[] {
  const one = (name: string, of: (model: Model) => string, isCode?: boolean): Fact => ({
    name,
    before: of(then),
    after: of(now),
    isCode,
  });
  return [
    one("Name", ({ name }) => name),
    one("Description", ({ description }) => description || "–"),
    one(
      "Serves",
      ({ version_number, version }) => `version ${versionName(version_number, version)}`,
    ),
    one("Calls", ({ is_active }) => (is_active ? "are answered" : "are refused")),
    one("Type", ({ model_type }) => model_type, true),
    one("File", ({ file_size }) => bytes(file_size)),
    schemaFact("Takes", inputLines(then.input_schema), inputLines(now.input_schema)),
    schemaFact("Gives", outputLines(then.output_schema), outputLines(now.output_schema)),
  ];
}
