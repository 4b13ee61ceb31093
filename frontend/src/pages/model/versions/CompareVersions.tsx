/** Any two versions side by side; the address holds which. */

import { useId } from "react";
import { useSearchParams } from "react-router";
import { Field } from "~/components/ui/Field";
import { Select } from "~/components/ui/Select";
import { Comparison } from "../compare/Comparison";
import { versionName } from "../versionName";
import { factsOf, firstPair, type Measured } from "./comparing";

const COMPARED = "compare";

export function CompareVersions({ all }: { all: readonly Measured[] }) {
  const id = useId();
  const [search, setSearch] = useSearchParams();
  const pair = pairIn(search.get(COMPARED), all);
  if (pair === null) return null;
  const [one, other] = pair;
  const choose = (first: number, second: number) =>
    setSearch(
      (before) => {
        const next = new URLSearchParams(before);
        next.set(COMPARED, `${first}-${second}`);
        return next;
      },
      { replace: true, preventScrollReset: true },
    );
  const named = ({ version }: Measured) => `Version ${version.number}`;
  return (
    <section aria-labelledby={id} className="mt-12">
      <h2 id={id} className="mb-4 text-xl">
        Compare
      </h2>
      <div className="mb-4 grid max-w-xl grid-cols-2 gap-4">
        <Choice
          label="This version"
          all={all}
          value={one.version.number}
          onChoose={(number) => choose(number, other.version.number)}
        />
        <Choice
          label="with"
          all={all}
          value={other.version.number}
          onChoose={(number) => choose(one.version.number, number)}
        />
      </div>
      <Comparison
        label="Two versions"
        headings={[named(one), named(other)]}
        facts={factsOf(one, other)}
      />
    </section>
  );
}

interface ChoiceProps {
  label: string;
  all: readonly Measured[];
  value: number;
  onChoose: (number: number) => void;
}

function Choice({ label, all, value, onChoose }: ChoiceProps) {
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

function pairIn(text: string | null, all: readonly Measured[]): [Measured, Measured] | null {
  const told = text?.split("-").map(Number) ?? [];
  const numbers = told.length === 2 ? told : firstPair(all.map(({ version }) => version));
  const [one, other] = (numbers ?? []).map((number) =>
    all.find(({ version }) => version.number === number),
  );
  return one && other ? [one, other] : null;
}
