/** Compares a model at two points in time. */

import type { Schemas } from "~/services/api/client";
import { bytes } from "~/services/text/format";
import { type Fact, inputLines, outputLines, schemaFact } from "../comparison/schemaDiff";
import { versionName } from "../versionName";

type Model = Schemas["ModelView"];

export function modelFacts(then: Model, now: Model): Fact[] {
  const fact = (name: string, of: (model: Model) => string, isCode?: boolean): Fact => ({
    name,
    before: of(then),
    after: of(now),
    isCode,
  });
  return [
    fact("Name", ({ name }) => name),
    fact("Description", ({ description }) => description || "–"),
    fact(
      "Live version",
      ({ version_number, version }) => `version ${versionName(version_number, version)}`,
    ),
    fact("Calls", ({ is_active }) => (is_active ? "accepted" : "refused")),
    fact("Type", ({ model_type }) => model_type, true),
    fact("File", ({ file_size }) => bytes(file_size)),
    schemaFact("Input", inputLines(then.input_schema), inputLines(now.input_schema)),
    schemaFact("Output", outputLines(then.output_schema), outputLines(now.output_schema)),
  ];
}
