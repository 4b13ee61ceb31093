/** The versions of a model: which one serves, and another to take its place. */

import { useState } from "react";
import { Badge } from "~/components/ui/Badge";
import { Button, ButtonLink } from "~/components/ui/Button";
import { ErrorState } from "~/components/ui/ErrorState";
import { Id } from "~/components/ui/Id";
import { type Column, Table } from "~/components/ui/Table";
import { Time } from "~/components/ui/Time";
import { toast } from "~/components/ui/toasts";
import { api, refetch } from "~/services/api";
import { bytes, count, duration } from "~/services/format";
import { refusalOfError } from "~/services/problems";
import { useModel } from "./ModelPage";
import { useVersions } from "./useVersions";
import { versionName } from "./versionName";
import { CompareVersions } from "./versions/CompareVersions";
import { failuresOf, type Measured, type Version } from "./versions/comparing";
import { isRollback, PromoteDialog } from "./versions/PromoteDialog";

export default function VersionsTab() {
  const { id } = useModel();
  const path = { params: { path: { model_id: id } } };
  const { versions, ...known } = useVersions(id);
  const stats = api.useQuery("get", "/api/v1/models/{model_id}/stats", path);
  const [next, setNext] = useState<Version | null>(null);
  const error = known.error ?? stats.error;
  if (error) return <ErrorState error={error} onRetry={() => void known.refetch()} />;
  const figures = stats.data?.statistics.per_version ?? [];
  const all = versions.map((version) => ({
    version,
    figures: figures.find(({ number }) => number === version.number),
  }));
  const serving = all.find(({ version }) => version.is_serving)?.version;
  return (
    <>
      <div className="mb-4 flex flex-wrap items-center justify-between gap-3">
        <p className="text-soft">One answers the calls that name no version. All can be asked.</p>
        <ButtonLink to={`/upload?model=${id}`} look={all.length > 1 ? "plain" : "primary"}>
          Add a version
        </ButtonLink>
      </div>
      <Table
        label="Versions"
        columns={columnsOf(id, serving, setNext)}
        rows={all.toReversed()}
        keyOf={({ version }) => version.number}
        isPending={known.isPending || stats.isPending}
      />
      <CompareVersions all={all} />
      {serving && (
        <PromoteDialog modelId={id} serving={serving} next={next} onClose={() => setNext(null)} />
      )}
    </>
  );
}

const COLUMNS: readonly Column<Measured>[] = [
  { title: "Version", isMain: true, cell: ({ version }) => <Named version={version} /> },
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
    isFigure: true,
    cell: ({ version }) => count(version.total_predictions),
  },
  { title: "Failures", isFigure: true, cell: failuresOf },
  { title: "p95", isFigure: true, cell: ({ figures }) => duration(figures?.p95_ms) },
];

const columnsOf = (
  modelId: string,
  serving: Version | undefined,
  onPromote: (version: Version) => void,
): readonly Column<Measured>[] => [
  ...COLUMNS,
  {
    title: "Change",
    isActions: true,
    cell: ({ version }) =>
      serving &&
      (version.is_quarantined || !version.is_serving) && (
        <Change modelId={modelId} version={version} serving={serving} onPromote={onPromote} />
      ),
  },
];

function Named({ version }: { version: Version }) {
  return (
    <>
      {versionName(version.number, version.version)}{" "}
      {version.is_serving && <Badge tone="accent">serves</Badge>}{" "}
      {version.is_quarantined && <Badge tone="danger">quarantined</Badge>}
      <span className="block font-mono text-xs font-normal text-soft">{version.model_type}</span>
      {version.quarantine_reason !== null && (
        <span className="mt-1 block max-w-md text-sm font-normal text-danger">
          It is asked nothing: {version.quarantine_reason}.
        </span>
      )}
    </>
  );
}

interface ChangeProps {
  modelId: string;
  version: Version;
  serving: Version;
  onPromote: (version: Version) => void;
}

function Change({ modelId, version, serving, onPromote }: ChangeProps) {
  const release = api.useMutation("post", "/api/v1/models/{model_id}/versions/{number}/release", {
    onSuccess: async () => {
      await refetch("/api/v1/models/{model_id}/versions", "/api/v1/models/{model_id}/events");
      toast({ text: `Version ${version.number} is released.`, tone: "success" });
    },
    onError: (error) => toast({ text: refusalOfError(error).message, tone: "danger" }),
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
