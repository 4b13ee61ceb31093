import { Sparkline } from "~/components/charts/Sparkline";
import { StatTile, StatTiles } from "~/components/data/StatTile";
import type { Schemas } from "~/services/api/client";
import { failureRate, type Point } from "~/services/metrics";
import { compact, count, decimal, duration, percent, plural } from "~/services/text/format";

interface FleetTilesProps {
  /** Undefined while it is loading. */
  fleet: Schemas["FleetView"] | undefined;
  hour: Schemas["MetricsView"] | undefined;
}

const ERROR_RATE_MAX = 0.05;
/** The last minute is incomplete: with it, a trend of counts would always fall at its end. */
const COMPLETE_MINUTES_END = -1;

export function FleetTiles({ fleet, hour }: FleetTilesProps) {
  const trendOf = (value: (point: Point) => number | null) =>
    (hour?.points ?? []).slice(0, COMPLETE_MINUTES_END).map(value);
  const isFailing = (fleet?.error_rate ?? 0) >= ERROR_RATE_MAX;
  return (
    <StatTiles label="Your models in figures">
      <StatTile
        label="Models"
        value={fleet ? count(fleet.models) : null}
        note={fleet ? modelsNote(fleet) : ""}
      />
      <StatTile
        label="Requests a minute"
        value={fleet ? formatRate(fleet.requests_per_minute) : null}
        note={<TrendLine of="requests" values={trendOf(({ calls }) => calls)} />}
      />
      <StatTile
        label="Error rate"
        value={fleet ? percent(fleet.error_rate) : null}
        tone={isFailing ? "danger" : "plain"}
        note={<TrendLine of="error rate" values={trendOf(failureRate)} isBad={isFailing} />}
      />
      <StatTile
        label="p95"
        value={fleet ? duration(fleet.p95_ms) : null}
        note={<TrendLine of="p95" values={trendOf(({ p95_ms }) => p95_ms)} />}
      />
    </StatTiles>
  );
}

const formatRate = (perMinute: number): string => decimal(Math.round(perMinute * 10) / 10);

function modelsNote(fleet: Schemas["FleetView"]): string {
  const idle = fleet.models - fleet.active_models;
  const calls = `${compact(fleet.total_predictions)} calls so far`;
  return idle > 0
    ? `${count(idle)} inactive, ${calls}`
    : `${plural(fleet.versions, "version")}, ${calls}`;
}

interface TrendProps {
  of: string;
  values: readonly (number | null)[];
  isBad?: boolean;
}

function TrendLine({ of, values, isBad }: TrendProps) {
  return (
    <Sparkline label={`The ${of} of the last hour`} values={values} width={220} isBad={isBad} />
  );
}
