/** Compares any two versions; the selection is in the URL. */

import { useId } from "react";
import { useSearchParams } from "react-router";
import { Field } from "~/components/forms/Field";
import { Select } from "~/components/forms/Select";
import { useChangeQuery } from "~/services/urlQuery";
import { ComparisonTable } from "../comparison/ComparisonTable";
import { versionName } from "../versionName";
import { defaultPair, type VersionWithStats, versionFacts } from "./versionFacts";

const COMPARE_PARAM = "compare";

export function CompareVersions({ all }: { all: readonly VersionWithStats[] }) {
  const id = useId();
  const [search] = useSearchParams();
  const changeQuery = useChangeQuery();
  const pair = readPair(search.get(COMPARE_PARAM), all);
  if (pair === null) return null;
  const [one, other] = pair;
  const setPair = (first: number, second: number) =>
    changeQuery(
      (query) => {
        query.set(COMPARE_PARAM, `${first}-${second}`);
        return query;
      },
      { preventScrollReset: true },
    );
  const heading = ({ version }: VersionWithStats) => `Version ${version.number}`;
  return (
    <section aria-labelledby={id} className="mt-12">
      <h2 id={id} className="mb-4 text-xl">
        Compare
      </h2>
      <div className="mb-4 grid max-w-xl grid-cols-2 gap-4">
        <VersionField
          label="This version"
          all={all}
          value={one.version.number}
          onChoose={(number) => setPair(number, other.version.number)}
        />
        <VersionField
          label="with"
          all={all}
          value={other.version.number}
          onChoose={(number) => setPair(one.version.number, number)}
        />
      </div>
      <ComparisonTable
        label="Two versions"
        headings={[heading(one), heading(other)]}
        facts={versionFacts(one, other)}
      />
    </section>
  );
}

interface VersionFieldProps {
  label: string;
  all: readonly VersionWithStats[];
  value: number;
  onChoose: (number: number) => void;
}

function VersionField({ label, all, value, onChoose }: VersionFieldProps) {
  return (
    <Field label={label} className="min-w-0">
      <Select value={value} onChange={(event) => onChoose(Number(event.target.value))}>
        {all.map(({ version }) => (
          <option key={version.number} value={version.number}>
            {versionName(version.number, version.version)}
          </option>
        ))}
      </Select>
    </Field>
  );
}

function readPair(
  text: string | null,
  all: readonly VersionWithStats[],
): [VersionWithStats, VersionWithStats] | null {
  const requested = text?.split("-").map(Number) ?? [];
  const numbers =
    requested.length === 2 ? requested : defaultPair(all.map(({ version }) => version));
  const [one, other] = (numbers ?? []).map((number) =>
    all.find(({ version }) => version.number === number),
  );
  return one && other ? [one, other] : null;
}
