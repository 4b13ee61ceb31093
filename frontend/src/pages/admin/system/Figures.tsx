import { useSearchParams } from "react-router";
import { ErrorState } from "~/components/ui/ErrorState";
import { Section } from "~/components/ui/Section";
import { Select } from "~/components/ui/Select";
import { Tile, Tiles } from "~/components/ui/Tile";
import { TimeSeries } from "~/components/ui/TimeSeries";
import { api, type Schemas } from "~/services/api";
import { compact, count, duration, percent } from "~/services/format";

const REFRESHED = { refetchInterval: 5_000 };
const RANGES = ["7", "30", "90"];
const RANGE = "30";
const DAY_S = 86_400;

export function Figures() {
  const [search, setSearch] = useSearchParams();
  const asked = search.get("days") ?? RANGE;
  const days = RANGES.includes(asked) ? asked : RANGE;
  const stats = api.useQuery("get", "/api/v1/admin/stats", {}, REFRESHED);
  const perDay = api.useQuery(
    "get",
    "/api/v1/admin/analytics",
    { params: { query: { days: Number(days) } } },
    { ...REFRESHED, placeholderData: (before) => before },
  );
  const range = (
    <Select
      aria-label="Range"
      className="w-36"
      value={days}
      onChange={({ target }) =>
        setSearch(target.value === RANGE ? {} : { days: target.value }, { replace: true })
      }
    >
      {RANGES.map((each) => (
        <option key={each} value={each}>
          {each} days
        </option>
      ))}
    </Select>
  );
  const error = stats.error ?? perDay.error;
  const again = () => void Promise.all([stats.refetch(), perDay.refetch()]);
  return (
    <Section title="Figures" text="Of everybody, since the first event." actions={range}>
      {error ? (
        <ErrorState error={error} onRetry={again} />
      ) : (
        <>
          <PlatformTiles of={stats.data} />
          <PerDay days={perDay.data?.per_day ?? []} />
        </>
      )}
    </Section>
  );
}

function PerDay({ days }: { days: readonly Schemas["PlatformDayView"][] }) {
  return (
    <TimeSeries
      title="Predictions per day"
      times={days.map(({ day }) => day)}
      stepS={DAY_S}
      format={count}
      isWhole
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
  const share = stats && stats.total_predictions > 0 ? stats.failures / stats.total_predictions : 0;
  return (
    <Tiles label="The platform in figures">
      <Tile
        label="Users"
        value={stats ? count(stats.total_users) : null}
        note={stats && `${count(stats.active_users)} open`}
      />
      <Tile
        label="Models"
        value={stats ? count(stats.total_models) : null}
        note={
          stats && `${count(stats.active_models)} active, ${count(stats.total_versions)} versions`
        }
      />
      <Tile
        label="Predictions"
        value={stats ? compact(stats.total_predictions) : null}
        note={stats && `${compact(stats.total_rows)} rows, ${duration(stats.mean_ms)} each call`}
      />
      <Tile
        label="Failed"
        value={stats ? compact(stats.failures) : null}
        note={stats && percent(share)}
        tone={share > 0.05 ? "danger" : "plain"}
      />
    </Tiles>
  );
}
