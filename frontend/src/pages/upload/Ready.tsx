/** What was taken in, what its owner should know about it, and where to go from here. */

import { Button, ButtonLink } from "~/components/ui/Button";
import { Note } from "~/components/ui/Note";
import { plural } from "~/services/format";
import { labelsOf, shown } from "../model/try/answers";
import { shapeOf } from "../model/try/inputs";
import { versionName } from "../model/versionName";
import type { Taken } from "./useUploading";

const CLASSES_MAX = 6;

interface ReadyProps {
  taken: Taken;
  modelId: string | null;
  onAgain: () => void;
}

export function Ready({ taken, modelId, onAgain }: ReadyProps) {
  const view = taken.kind === "model" ? taken.model : taken.version;
  const address = `/models/${taken.kind === "model" ? taken.model.id : modelId}`;
  const isSecond = taken.kind === "version";
  return (
    <section aria-label="What was taken in" className="mt-8 max-w-3xl">
      <h2 className="text-xl [overflow-wrap:anywhere]">
        {taken.kind === "model"
          ? taken.model.name
          : `Version ${versionName(taken.version.number, taken.version.version)}`}
      </h2>
      <p className="mt-1 text-soft">
        <span className="font-mono text-sm">{view.model_type}</span>, {described(view)}.
        {isSecond && " It does not serve until you promote it."}
      </p>
      {view.warnings.length > 0 && (
        <Note tone="warn" title="Good to know" className="mt-5">
          <ul className="grid gap-1">
            {view.warnings.map((warning) => (
              <li key={warning}>{warning}</li>
            ))}
          </ul>
        </Note>
      )}
      <div className="mt-6 flex flex-wrap gap-3">
        <ButtonLink
          look="primary"
          to={
            taken.kind === "model"
              ? `${address}/try`
              : `${address}/try?version=${taken.version.number}`
          }
        >
          Try it
        </ButtonLink>
        <ButtonLink to={isSecond ? `${address}/versions` : address}>
          {isSecond ? "See the versions" : "See the model"}
        </ButtonLink>
        <Button look="quiet" onClick={onAgain}>
          Upload another
        </Button>
      </div>
    </section>
  );
}

/** Takes 6 columns, answers with one of stays, leaves */
function described(view: { input_schema: unknown; output_schema: unknown }): string {
  const { form, columns } = shapeOf(view.input_schema);
  const takes =
    form === "texts"
      ? "takes a text"
      : form === "unknown"
        ? "takes rows of numbers"
        : `takes ${plural(columns.length, "column")}`;
  const [classes = []] = labelsOf(view.output_schema);
  if (classes.length === 0) return takes;
  const names = classes.slice(0, CLASSES_MAX).map(shown).join(", ");
  const more = classes.length > CLASSES_MAX ? ` and ${classes.length - CLASSES_MAX} more` : "";
  return `${takes} and answers with one of ${names}${more}`;
}
