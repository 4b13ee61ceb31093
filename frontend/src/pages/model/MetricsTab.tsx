import { ErrorState } from "~/components/ui/ErrorState";
import { Skeleton } from "~/components/ui/Skeleton";
import { TimeSeries } from "~/components/ui/TimeSeries";
import { api } from "~/services/api";
import { count, duration } from "~/services/format";
import { useModel } from "./ModelPage";

export default function MetricsTab() {
  const { id } = useModel();
  const { data, error, refetch } = api.useQuery("get", "/api/v1/models/{model_id}/stats", {
    params: { path: { model_id: id } },
  });
  if (error) return <ErrorState error={error} onRetry={() => void refetch()} />;
  if (!data) return <Skeleton className="h-96" />;
  const days = data.statistics.per_day;
  const times = days.map(({ day }) => day);
  return (
    <>
      <TimeSeries
        title="Calls per day"
        group={id}
        times={times}
        format={count}
        series={[
          {
            label: "Calls",
            tone: "accent",
            isFilled: true,
            values: days.map(({ calls }) => calls),
          },
          { label: "Failures", tone: "danger", values: days.map(({ failures }) => failures) },
        ]}
      />
      <TimeSeries
        title="Mean latency"
        group={id}
        times={times}
        format={duration}
        series={[{ label: "Mean", tone: "ink", values: days.map(({ mean_ms }) => mean_ms) }]}
      />
    </>
  );
}
