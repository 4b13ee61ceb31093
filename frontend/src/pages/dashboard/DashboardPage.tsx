/** Current activity of the user's models; before the first model, the steps to get started. */

import { ButtonLink } from "~/components/buttons/Button";
import { useTimeRange } from "~/components/charts/TimeRangePicker";
import { ErrorState } from "~/components/feedback/ErrorState";
import { PageFileDrop } from "~/components/forms/PageFileDrop";
import { PageHeader } from "~/components/layout/PageHeader";
import { api } from "~/services/api/client";
import { REFRESH_MS } from "~/services/metrics";
import { useOpenUpload } from "~/services/modelFile";
import { BusiestModels } from "./BusiestModels";
import { FailingModels } from "./FailingModels";
import { FirstRun } from "./FirstRun";
import { FirstSteps } from "./FirstSteps";
import { FleetCharts } from "./FleetCharts";
import { FleetTiles } from "./FleetTiles";
import { LiveFeed } from "./LiveFeed";
import { useFirstSteps } from "./useFirstSteps";
import { useMetrics } from "./useMetrics";

// A model that was just uploaded must appear immediately.
const ALWAYS_STALE = { refetchInterval: REFRESH_MS["1h"], staleTime: 0 };

export default function DashboardPage() {
  const openUpload = useOpenUpload();
  const fleet = api.useQuery("get", "/api/v1/fleet", {}, ALWAYS_STALE);
  const { steps, isKnown, hide } = useFirstSteps(fleet.data);
  const lastHour = useMetrics("1h");
  const metrics = useMetrics(useTimeRange());
  const error = fleet.data === undefined && fleet.error;
  if (error) {
    return (
      <>
        <PageHeader title="Dashboard" />
        <ErrorState error={error} onRetry={() => void fleet.refetch()} />
      </>
    );
  }
  const loadedFleet = isKnown ? fleet.data : undefined;
  const isFirstRun = loadedFleet?.models === 0;
  return (
    <>
      <PageFileDrop onFile={openUpload} />
      <PageHeader
        title="Dashboard"
        text={
          isFirstRun
            ? "From a model file to its first prediction."
            : "What your models are doing now."
        }
      >
        {!isFirstRun && (
          <ButtonLink to="/upload" variant="primary">
            Upload a model
          </ButtonLink>
        )}
      </PageHeader>
      {isFirstRun ? (
        <FirstRun steps={steps} onFile={openUpload} />
      ) : (
        <>
          {steps.length > 0 && <FirstSteps steps={steps} onHide={hide} />}
          <FleetTiles fleet={loadedFleet} hour={lastHour.data} />
          <FleetCharts metrics={metrics} />
          <div className="grid gap-x-10 gap-y-10 xl:grid-cols-[minmax(0,1fr)_20rem]">
            <LiveFeed lastAt={loadedFleet?.last_prediction_at} />
            <div className="flex min-w-0 flex-col gap-10 max-xl:md:grid max-xl:md:grid-cols-2">
              <FailingModels
                hour={lastHour.data}
                quarantined={loadedFleet?.quarantined_versions ?? 0}
              />
              <BusiestModels metrics={metrics.data} />
            </div>
          </div>
        </>
      )}
    </>
  );
}
