import { Monitor, Moon, Sun } from "lucide-react";
import { Choice } from "~/components/ui/Choice";
import { useTheme } from "~/context/ThemeContext";

const OPTIONS = [
  { id: "system", label: "System", icon: Monitor },
  { id: "light", label: "Light", icon: Sun },
  { id: "dark", label: "Dark", icon: Moon },
] as const;

export function ThemeChoice() {
  const { choice, choose } = useTheme();
  return <Choice label="Theme" options={OPTIONS} chosen={choice} onChoose={choose} />;
}
