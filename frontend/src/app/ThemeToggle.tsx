import { Monitor, Moon, Sun } from "lucide-react";
import { IconButton } from "~/components/buttons/IconButton";
import { type ThemeChoice, useTheme } from "~/context/ThemeContext";

const NEXT: Record<ThemeChoice, ThemeChoice> = { system: "light", light: "dark", dark: "system" };
const ICONS = { system: Monitor, light: Sun, dark: Moon };
const NAMES: Record<ThemeChoice, string> = {
  system: "as in the system",
  light: "light",
  dark: "dark",
};

export function ThemeToggle() {
  const { choice, choose } = useTheme();
  return (
    <IconButton
      icon={ICONS[choice]}
      label={`Theme: ${NAMES[choice]}`}
      onClick={() => choose(NEXT[choice])}
    />
  );
}
