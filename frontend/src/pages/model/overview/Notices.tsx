/** What its owner should look at: versions that were quarantined, with the way back; warnings. */

import { Link } from "react-router";
import { Button } from "~/components/ui/Button";
import { Note } from "~/components/ui/Note";
import { toast } from "~/components/ui/toasts";
import { api, refetch, type Schemas } from "~/services/api";
import { refusalOfError } from "~/services/problems";

interface NoticesProps {
  model: Schemas["ModelView"];
  versions: readonly Schemas["VersionView"][];
  /** What was said of the serving version when it was uploaded. */
  warnings: readonly string[];
}

export function Notices({ model, versions, warnings }: NoticesProps) {
  const quarantined = versions.filter(({ is_quarantined }) => is_quarantined);
  return (
    <>
      {!model.is_active && (
        <Note tone="warn" className="mb-6">
          This model is deactivated: it answers no calls until it is{" "}
          <Link to="settings" className="underline underline-offset-2">
            activated in its settings
          </Link>
          .
        </Note>
      )}
      {quarantined.map((version) => (
        <Quarantine key={version.number} modelId={model.id} version={version} />
      ))}
      {warnings.length > 0 && (
        <Note tone="warn" className="mb-6">
          <ul className="grid gap-1">
            {warnings.map((warning) => (
              <li key={warning}>{warning}</li>
            ))}
          </ul>
        </Note>
      )}
    </>
  );
}

function Quarantine({ modelId, version }: { modelId: string; version: Schemas["VersionView"] }) {
  const { number, quarantine_reason, is_serving } = version;
  const { mutate, isPending } = api.useMutation(
    "post",
    "/api/v1/models/{model_id}/versions/{number}/release",
    {
      onSuccess: async () => {
        await refetch("/api/v1/models", "/api/v1/models/{model_id}/versions");
        toast({ text: `Version ${number} answers calls again.`, tone: "success" });
      },
      onError: (error) => toast({ text: refusalOfError(error).message, tone: "danger" }),
    },
  );
  return (
    <Note tone="danger" title={`Version ${number} is quarantined`} className="mb-6">
      <p className="max-w-3xl">
        {quarantine_reason}.{" "}
        {is_serving
          ? "It serves, so that the model answers no calls until it is released or another version is promoted."
          : "It answers no calls until it is released."}
      </p>
      <Button
        isSmall
        className="mt-2"
        isBusy={isPending}
        onClick={() => mutate({ params: { path: { model_id: modelId, number } } })}
      >
        Release it
      </Button>
    </Note>
  );
}
