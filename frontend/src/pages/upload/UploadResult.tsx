/** The uploaded model, its warnings and the next steps. */

import { Button, ButtonLink } from "~/components/buttons/Button";
import { Callout } from "~/components/feedback/Callout";
import { inputShape } from "~/pages/model/signature/inputShape";
import { classLabels, displayValue } from "~/pages/model/signature/outputs";
import { versionName } from "~/pages/model/versionName";
import { plural } from "~/services/text/format";
import type { Uploaded } from "./useUpload";

const CLASSES_MAX = 6;

interface UploadResultProps {
  uploaded: Uploaded;
  modelId: string | null;
  onUploadAnother: () => void;
}

export function UploadResult({ uploaded, modelId, onUploadAnother }: UploadResultProps) {
  const view = uploaded.kind === "model" ? uploaded.model : uploaded.version;
  const path = `/models/${uploaded.kind === "model" ? uploaded.model.id : modelId}`;
  const isVersion = uploaded.kind === "version";
  return (
    <section aria-label="The uploaded model" className="mt-8 max-w-3xl">
      <h2 className="text-xl [overflow-wrap:anywhere]">
        {uploaded.kind === "model"
          ? uploaded.model.name
          : `Version ${versionName(uploaded.version.number, uploaded.version.version)}`}
      </h2>
      <p className="mt-1 text-soft">
        <span className="font-mono text-sm">{view.model_type}</span>, {describeSignature(view)}.
        {isVersion && " It is not live until you promote it."}
      </p>
      {view.warnings.length > 0 && (
        <Callout tone="warn" title="Good to know" className="mt-5">
          <ul className="grid gap-1">
            {view.warnings.map((warning) => (
              <li key={warning}>{warning}</li>
            ))}
          </ul>
        </Callout>
      )}
      <div className="mt-6 flex flex-wrap gap-3">
        <ButtonLink
          variant="primary"
          to={
            uploaded.kind === "model"
              ? `${path}/try`
              : `${path}/try?version=${uploaded.version.number}`
          }
        >
          Try it
        </ButtonLink>
        <ButtonLink to={isVersion ? `${path}/versions` : path}>
          {isVersion ? "See the versions" : "See the model"}
        </ButtonLink>
        <Button variant="quiet" onClick={onUploadAnother}>
          Upload another
        </Button>
      </div>
    </section>
  );
}

/** `takes 6 columns and returns one of stays, leaves` */
function describeSignature(view: { input_schema: unknown; output_schema: unknown }): string {
  const { form, columns } = inputShape(view.input_schema);
  const takes =
    form === "texts"
      ? "takes a text"
      : form === "unknown"
        ? "takes rows of numbers"
        : `takes ${plural(columns.length, "column")}`;
  const [classes = []] = classLabels(view.output_schema);
  if (classes.length === 0) return takes;
  const names = classes.slice(0, CLASSES_MAX).map(displayValue).join(", ");
  const more = classes.length > CLASSES_MAX ? ` and ${classes.length - CLASSES_MAX} more` : "";
  return `${takes} and returns one of ${names}${more}`;
}
