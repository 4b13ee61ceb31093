import { Select } from "~/components/ui/Select";
import type { Schemas } from "~/services/api";
import { versionName } from "../versionName";

interface VersionChoiceProps {
  versions: readonly Schemas["VersionView"][];
  asked: number;
  serving: number;
  /** Empty for the version that serves. */
  onChoose: (number: string) => void;
}

export function VersionChoice({ versions, asked, serving, onChoose }: VersionChoiceProps) {
  return (
    <Select
      aria-label="Version"
      className="max-w-full min-w-0 text-sm sm:max-w-56"
      value={asked}
      onChange={({ target }) => onChoose(target.value === String(serving) ? "" : target.value)}
    >
      {versions.toReversed().map(({ number, version, is_quarantined }) => (
        <option key={number} value={number}>
          Version {versionName(number, version)}
          {number === serving && " (serves)"}
          {is_quarantined && " (quarantined)"}
        </option>
      ))}
    </Select>
  );
}
