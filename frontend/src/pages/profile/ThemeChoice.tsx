import { Monitor, Moon, Sun } from "lucide-react";
import { SegmentedControl } from "~/components/forms/SegmentedControl";
import { useTheme } from "~/context/ThemeContext";

const OPTIONS = [
  { id: "system", label: "System", icon: Monitor },
  { id: "light", label: "Light", icon: Sun },
  { id: "dark", label: "Dark", icon: Moon },
] as const;

export function ThemeChoice() {
  const { choice, choose } = useTheme();
  return <SegmentedControl label="Theme" options={OPTIONS} value={choice} onChange={choose} />;
}
