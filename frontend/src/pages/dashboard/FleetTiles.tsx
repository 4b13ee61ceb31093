import { Sparkline } from "~/components/ui/Sparkline";
import { Tile, Tiles } from "~/components/ui/Tile";
import type { Schemas } from "~/services/api";
import { failureShare, type Point } from "~/services/course";
import { compact, count, duration, figure, percent, plural } from "~/services/format";

interface FleetTilesProps {
  /** Undefined while they are not known. */
  fleet: Schemas["FleetView"] | undefined;
  hour: Schemas["MetricsView"] | undefined;
}

const MANY_FAIL = 0.05;
/** The last minute is not over yet: a trend of counts would always fall at its end. */
const OVER = -1;

export function FleetTiles({ fleet, hour }: FleetTilesProps) {
  const trend = (value: (point: Point) => number | null) =>
    (hour?.points ?? []).slice(0, OVER).map(value);
  const isFailing = (fleet?.error_rate ?? 0) >= MANY_FAIL;
  return (
    <Tiles label="Your models in figures">
      <Tile
        label="Models"
        value={fleet ? count(fleet.models) : null}
        note={fleet ? standing(fleet) : ""}
      />
      <Tile
        label="Requests a minute"
        value={fleet ? rate(fleet.requests_per_minute) : null}
        note={<Trend of="requests" values={trend(({ calls }) => calls)} />}
      />
      <Tile
        label="Error rate"
        value={fleet ? percent(fleet.error_rate) : null}
        tone={isFailing ? "danger" : "plain"}
        note={<Trend of="share of errors" values={trend(failureShare)} isBad={isFailing} />}
      />
      <Tile
        label="p95"
        value={fleet ? duration(fleet.p95_ms) : null}
        note={<Trend of="p95" values={trend(({ p95_ms }) => p95_ms)} />}
      />
    </Tiles>
  );
}

const rate = (perMinute: number): string => figure(Math.round(perMinute * 10) / 10);

function standing(fleet: Schemas["FleetView"]): string {
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

function Trend({ of, values, isBad }: TrendProps) {
  return (
    <Sparkline label={`The ${of} of the last hour`} values={values} width={220} isBad={isBad} />
  );
}
