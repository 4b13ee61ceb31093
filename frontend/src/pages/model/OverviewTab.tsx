import { ErrorState } from "~/components/ui/ErrorState";
import { Tile, Tiles } from "~/components/ui/Tile";
import { api } from "~/services/api";
import { count, duration } from "~/services/format";
import { useModel } from "./ModelPage";

export default function OverviewTab() {
  const { id } = useModel();
  const { data, error, refetch } = api.useQuery("get", "/api/v1/models/{model_id}/stats", {
    params: { path: { model_id: id } },
  });
  if (error) return <ErrorState error={error} onRetry={() => void refetch()} />;
  const figures = data?.statistics;
  return (
    <Tiles label="In figures">
      <Tile label="Calls" value={figures ? count(figures.usage_count) : null} />
      <Tile label="Rows" value={figures ? count(figures.total_rows) : null} />
      <Tile label="Failures" value={figures ? count(figures.failures) : null} />
      <Tile label="p95" value={figures ? duration(figures.p95_ms) : null} />
    </Tiles>
  );
}
