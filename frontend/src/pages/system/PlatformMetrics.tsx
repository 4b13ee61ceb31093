import { useSearchParams } from "react-router";
import { TimeSeriesChart } from "~/components/charts/TimeSeriesChart";
import { StatTile, StatTiles } from "~/components/data/StatTile";
import { ErrorState } from "~/components/feedback/ErrorState";
import { Select } from "~/components/forms/Select";
import { Section } from "~/components/layout/Section";
import { api, type Schemas } from "~/services/api/client";
import { compact, count, duration, percent } from "~/services/text/format";

const REFRESH = { refetchInterval: 5_000 };
const DAY_OPTIONS = ["7", "30", "90"];
const DEFAULT_DAYS = "30";
const DAY_S = 86_400;

export function PlatformMetrics() {
  const [search, setSearch] = useSearchParams();
  const requestedDays = search.get("days") ?? DEFAULT_DAYS;
  const days = DAY_OPTIONS.includes(requestedDays) ? requestedDays : DEFAULT_DAYS;
  const stats = api.useQuery("get", "/api/v1/admin/stats", {}, REFRESH);
  const perDay = api.useQuery(
    "get",
    "/api/v1/admin/analytics",
    { params: { query: { days: Number(days) } } },
    { ...REFRESH, placeholderData: (before) => before },
  );
  const daySelect = (
    <Select
      aria-label="Range"
      className="w-36"
      value={days}
      onChange={({ target }) =>
        setSearch(target.value === DEFAULT_DAYS ? {} : { days: target.value }, { replace: true })
      }
    >
      {DAY_OPTIONS.map((each) => (
        <option key={each} value={each}>
          {each} days
        </option>
      ))}
    </Select>
  );
  const error = stats.error ?? perDay.error;
  const retry = () => void Promise.all([stats.refetch(), perDay.refetch()]);
  return (
    <Section title="Figures" text="Of all users, since the first event." actions={daySelect}>
      {error ? (
        <ErrorState error={error} onRetry={retry} />
      ) : (
        <>
          <PlatformTiles of={stats.data} />
          <PredictionsPerDay days={perDay.data?.per_day ?? []} />
        </>
      )}
    </Section>
  );
}

function PredictionsPerDay({ days }: { days: readonly Schemas["PlatformDayView"][] }) {
  return (
    <TimeSeriesChart
      title="Predictions per day"
      times={days.map(({ day }) => day)}
      stepS={DAY_S}
      format={count}
      isInteger
      series={[
        {
          label: "Predictions",
          tone: "accent",
          isBar: true,
          values: days.map(({ predictions }) => predictions),
        },
        {
          label: "Failures",
          tone: "danger",
          isBar: true,
          values: days.map(({ failures }) => failures),
        },
      ]}
    />
  );
}

type Stats = Schemas["PlatformView"];

function PlatformTiles({ of: stats }: { of: Stats | undefined }) {
  const failureRate =
    stats && stats.total_predictions > 0 ? stats.failures / stats.total_predictions : 0;
  return (
    <StatTiles label="The platform in figures">
      <StatTile
        label="Users"
        value={stats ? count(stats.total_users) : null}
        note={stats && `${count(stats.active_users)} open`}
      />
      <StatTile
        label="Models"
        value={stats ? count(stats.total_models) : null}
        note={
          stats && `${count(stats.active_models)} active, ${count(stats.total_versions)} versions`
        }
      />
      <StatTile
        label="Predictions"
        value={stats ? compact(stats.total_predictions) : null}
        note={stats && `${compact(stats.total_rows)} rows, ${duration(stats.mean_ms)} each call`}
      />
      <StatTile
        label="Failed"
        value={stats ? compact(stats.failures) : null}
        note={stats && percent(failureRate)}
        tone={failureRate > 0.05 ? "danger" : "plain"}
      />
    </StatTiles>
  );
}
