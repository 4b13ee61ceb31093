/** Warnings for the owner: deactivation, quarantined versions and notes from the upload. */

import { Link } from "react-router";
import { Button } from "~/components/buttons/Button";
import { Callout } from "~/components/feedback/Callout";
import { toast } from "~/components/feedback/toasts";
import { api, refetch, type Schemas } from "~/services/api/client";
import { toApiError } from "~/services/api/errors";

interface NoticesProps {
  model: Schemas["ModelView"];
  versions: readonly Schemas["VersionView"][];
  /** The warnings about the live version from its upload. */
  warnings: readonly string[];
}

export function Notices({ model, versions, warnings }: NoticesProps) {
  const quarantined = versions.filter(({ is_quarantined }) => is_quarantined);
  return (
    <>
      {!model.is_active && (
        <Callout tone="warn" className="mb-6">
          This model is deactivated: it answers no calls until it is{" "}
          <Link to="settings" className="underline underline-offset-2">
            activated in its settings
          </Link>
          .
        </Callout>
      )}
      {quarantined.map((version) => (
        <Quarantine key={version.number} modelId={model.id} version={version} />
      ))}
      {warnings.length > 0 && (
        <Callout tone="warn" className="mb-6">
          <ul className="grid gap-1">
            {warnings.map((warning) => (
              <li key={warning}>{warning}</li>
            ))}
          </ul>
        </Callout>
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
      onError: (error) => toast({ text: toApiError(error).message, tone: "danger" }),
    },
  );
  return (
    <Callout tone="danger" title={`Version ${number} is quarantined`} className="mb-6">
      <p className="max-w-3xl">
        {quarantine_reason}.{" "}
        {is_serving
          ? "It is live, so that the model answers no calls until it is released or another version is promoted."
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
    </Callout>
  );
}
