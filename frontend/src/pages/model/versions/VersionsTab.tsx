/** The versions of a model, with promotion, rollback and comparison. */

import { useState } from "react";
import { Button, ButtonLink } from "~/components/buttons/Button";
import { Badge } from "~/components/data/Badge";
import { Id } from "~/components/data/Id";
import { type Column, Table } from "~/components/data/Table";
import { Time } from "~/components/data/Time";
import { ErrorState } from "~/components/feedback/ErrorState";
import { toast } from "~/components/feedback/toasts";
import { api, refetch } from "~/services/api/client";
import { toApiError } from "~/services/api/errors";
import { bytes, count, duration } from "~/services/text/format";
import { useModel } from "../ModelPage";
import { useVersions } from "../useVersions";
import { versionName } from "../versionName";
import { CompareVersions } from "./CompareVersions";
import { isRollback, PromoteDialog } from "./PromoteDialog";
import { failures, type Version, type VersionWithStats } from "./versionFacts";

export default function VersionsTab() {
  const { id } = useModel();
  const path = { params: { path: { model_id: id } } };
  const { versions, ...versionsQuery } = useVersions(id);
  const stats = api.useQuery("get", "/api/v1/models/{model_id}/stats", path);
  const [versionToPromote, setVersionToPromote] = useState<Version | null>(null);
  const error = versionsQuery.error ?? stats.error;
  if (error) return <ErrorState error={error} onRetry={() => void versionsQuery.refetch()} />;
  const versionStats = stats.data?.statistics.per_version ?? [];
  const all = versions.map((version) => ({
    version,
    stats: versionStats.find(({ number }) => number === version.number),
  }));
  const serving = all.find(({ version }) => version.is_serving)?.version;
  return (
    <>
      <div className="mb-4 flex flex-wrap items-center justify-between gap-3">
        <p className="text-soft">
          One is live: it answers the calls that name no version. All can be called.
        </p>
        <ButtonLink to={`/upload?model=${id}`} variant={all.length > 1 ? "plain" : "primary"}>
          Add a version
        </ButtonLink>
      </div>
      <Table
        label="Versions"
        columns={columns(id, serving, setVersionToPromote)}
        rows={all.toReversed()}
        keyOf={({ version }) => version.number}
        isPending={versionsQuery.isPending || stats.isPending}
      />
      <CompareVersions all={all} />
      {serving && (
        <PromoteDialog
          modelId={id}
          serving={serving}
          next={versionToPromote}
          onClose={() => setVersionToPromote(null)}
        />
      )}
    </>
  );
}

const COLUMNS: readonly Column<VersionWithStats>[] = [
  { title: "Version", isMain: true, cell: ({ version }) => <VersionCell version={version} /> },
  {
    title: "File",
    isMinor: true,
    cell: ({ version: { file_size, sha256 } }) => (
      <>
        <span className="figures block whitespace-nowrap">{bytes(file_size)}</span>
        <span className="text-soft">
          <Id id={sha256} />
        </span>
      </>
    ),
  },
  {
    title: "Made with",
    isMinor: true,
    cell: ({ version }) => `scikit-learn ${version.framework_version}`,
  },
  { title: "Added", cell: ({ version }) => <Time at={version.created_at} /> },
  {
    title: "Calls",
    isNumeric: true,
    cell: ({ version }) => count(version.total_predictions),
  },
  { title: "Failures", isNumeric: true, cell: failures },
  { title: "p95", isNumeric: true, cell: ({ stats }) => duration(stats?.p95_ms) },
];

const columns = (
  modelId: string,
  serving: Version | undefined,
  onPromote: (version: Version) => void,
): readonly Column<VersionWithStats>[] => [
  ...COLUMNS,
  {
    title: "Change",
    isActions: true,
    cell: ({ version }) =>
      serving &&
      (version.is_quarantined || !version.is_serving) && (
        <VersionActions
          modelId={modelId}
          version={version}
          serving={serving}
          onPromote={onPromote}
        />
      ),
  },
];

function VersionCell({ version }: { version: Version }) {
  return (
    <>
      {versionName(version.number, version.version)}{" "}
      {version.is_serving && <Badge tone="accent">live</Badge>}{" "}
      {version.is_quarantined && <Badge tone="danger">quarantined</Badge>}
      <span className="block font-mono text-xs font-normal text-soft">{version.model_type}</span>
      {version.quarantine_reason !== null && (
        <span className="mt-1 block max-w-md text-sm font-normal text-danger">
          It is not called: {version.quarantine_reason}.
        </span>
      )}
    </>
  );
}

interface VersionActionsProps {
  modelId: string;
  version: Version;
  serving: Version;
  onPromote: (version: Version) => void;
}

function VersionActions({ modelId, version, serving, onPromote }: VersionActionsProps) {
  const release = api.useMutation("post", "/api/v1/models/{model_id}/versions/{number}/release", {
    onSuccess: async () => {
      await refetch("/api/v1/models/{model_id}/versions", "/api/v1/models/{model_id}/events");
      toast({ text: `Version ${version.number} is released.`, tone: "success" });
    },
    onError: (error) => toast({ text: toApiError(error).message, tone: "danger" }),
  });
  if (version.is_quarantined) {
    return (
      <Button
        isSmall
        isBusy={release.isPending}
        onClick={() =>
          release.mutate({ params: { path: { model_id: modelId, number: version.number } } })
        }
      >
        Release
      </Button>
    );
  }
  return (
    <Button isSmall onClick={() => onPromote(version)}>
      {isRollback(serving, version) ? "Roll back" : "Promote"}
      <span className="sr-only"> to version {version.number}</span>
    </Button>
  );
}
