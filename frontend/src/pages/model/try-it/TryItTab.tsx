/** Calls the model from a form, JSON or a CSV file, with the call as code. */

import { useSearchParams } from "react-router";
import { ErrorNote, ErrorState } from "~/components/feedback/ErrorState";
import { Skeleton } from "~/components/feedback/Skeleton";
import { api } from "~/services/api/client";
import { useModel } from "../ModelPage";
import { useVersions } from "../useVersions";
import { Playground } from "./Playground";

const LATEST_LIMIT = 10;

export default function TryItTab() {
  const { id, version_number } = useModel();
  const [search] = useSearchParams();
  const predictionId = search.get("prediction");
  const { versions, ...versionsQuery } = useVersions(id);
  const recorded = api.useQuery(
    "get",
    "/api/v1/predictions/{prediction_id}",
    { params: { path: { prediction_id: predictionId ?? "" } } },
    { enabled: predictionId !== null, staleTime: Number.POSITIVE_INFINITY },
  );
  // Schema examples are mostly zeros; the latest input is more meaningful.
  const latest = api.useQuery(
    "get",
    "/api/v1/models/{model_id}/history",
    { params: { path: { model_id: id }, query: { limit: LATEST_LIMIT } } },
    { enabled: predictionId === null },
  );
  if (versionsQuery.error) {
    return <ErrorState error={versionsQuery.error} onRetry={() => void versionsQuery.refetch()} />;
  }
  const isPending = predictionId === null ? latest.isPending : recorded.isPending;
  if (versionsQuery.isPending || isPending) return <PlaygroundSkeleton />;
  const requested = versions.find(({ number }) => String(number) === search.get("version"));
  const serving = versions.find(({ number }) => number === version_number);
  const version = requested ?? serving;
  if (!version) return <ErrorState error={new Error("No version is live.")} />;
  const record = recorded.data?.model_id === id ? recorded.data : undefined;
  return (
    <>
      {recorded.error && <ErrorNote error={recorded.error} />}
      <Playground
        versions={versions}
        version={version}
        record={record}
        latestInput={latest.data?.find(({ status }) => status === "success")?.input_data}
      />
    </>
  );
}

function PlaygroundSkeleton() {
  return (
    <div
      role="status"
      aria-label="Loading"
      className="grid gap-10 lg:grid-cols-[minmax(0,3fr)_minmax(0,2fr)]"
    >
      <Skeleton className="h-112" />
      <Skeleton className="h-112" />
    </div>
  );
}
