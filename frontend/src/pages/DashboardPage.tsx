/** What one's models do at this moment; before the first model, how to come to it. */

import { ButtonLink } from "~/components/ui/Button";
import { ErrorState } from "~/components/ui/ErrorState";
import { PageHeader } from "~/components/ui/PageHeader";
import { api } from "~/services/api";
import { REFRESH_MS } from "~/services/course";
import { useHandOver } from "~/services/handover";
import { Attention } from "./dashboard/Attention";
import { Busiest } from "./dashboard/Busiest";
import { FirstRun } from "./dashboard/FirstRun";
import { FirstSteps } from "./dashboard/FirstSteps";
import { FleetCharts } from "./dashboard/FleetCharts";
import { FleetTiles } from "./dashboard/FleetTiles";
import { LiveFeed } from "./dashboard/LiveFeed";
import { useFirstSteps } from "./dashboard/useFirstSteps";
import { useMetrics } from "./dashboard/useMetrics";
import { useRange } from "./figures/RangeChoice";
import { DropAnywhere } from "./upload/DropAnywhere";

// Whoever comes back from an upload is to see it at once.
const FRESH = { refetchInterval: REFRESH_MS["1h"], staleTime: 0 };

export default function DashboardPage() {
  const handOver = useHandOver();
  const fleet = api.useQuery("get", "/api/v1/fleet", {}, FRESH);
  const { steps, isKnown, hide } = useFirstSteps(fleet.data);
  const hour = useMetrics("1h");
  const course = useMetrics(useRange());
  const error = fleet.data === undefined && fleet.error;
  if (error) {
    return (
      <>
        <PageHeader title="Dashboard" />
        <ErrorState error={error} onRetry={() => void fleet.refetch()} />
      </>
    );
  }
  const known = isKnown ? fleet.data : undefined;
  const isFirstRun = known?.models === 0;
  return (
    <>
      <DropAnywhere onFile={handOver} />
      <PageHeader
        title="Dashboard"
        text={
          isFirstRun ? "From a file to its first answer." : "What your models do at this moment."
        }
      >
        {!isFirstRun && (
          <ButtonLink to="/upload" look="primary">
            Upload a model
          </ButtonLink>
        )}
      </PageHeader>
      {isFirstRun ? (
        <FirstRun steps={steps} onFile={handOver} />
      ) : (
        <>
          {steps.length > 0 && <FirstSteps steps={steps} onHide={hide} />}
          <FleetTiles fleet={known} hour={hour.data} />
          <FleetCharts course={course} />
          <div className="grid gap-x-10 gap-y-10 xl:grid-cols-[minmax(0,1fr)_20rem]">
            <LiveFeed lastAt={known?.last_prediction_at} />
            <div className="flex min-w-0 flex-col gap-10 max-xl:md:grid max-xl:md:grid-cols-2">
              <Attention hour={hour.data} quarantined={known?.quarantined_versions ?? 0} />
              <Busiest course={course.data} />
            </div>
          </div>
        </>
      )}
    </>
  );
}
