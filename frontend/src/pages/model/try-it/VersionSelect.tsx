import { Select } from "~/components/forms/Select";
import type { Schemas } from "~/services/api/client";
import { versionName } from "../versionName";

interface VersionSelectProps {
  versions: readonly Schemas["VersionView"][];
  selected: number;
  serving: number;
  /** Called with an empty string for the live version. */
  onChoose: (number: string) => void;
}

export function VersionSelect({ versions, selected, serving, onChoose }: VersionSelectProps) {
  return (
    <Select
      aria-label="Version"
      className="max-w-full min-w-0 text-sm sm:max-w-56"
      value={selected}
      onChange={({ target }) => onChoose(target.value === String(serving) ? "" : target.value)}
    >
      {versions.toReversed().map(({ number, version, is_quarantined }) => (
        <option key={number} value={number}>
          Version {versionName(number, version)}
          {number === serving && " (live)"}
          {is_quarantined && " (quarantined)"}
        </option>
      ))}
    </Select>
  );
}
