import { Monitor, Moon, Sun } from "lucide-react";
import { useTheme } from "~/context/ThemeContext";

const CHOICES = [
  { choice: "system", title: "System", icon: Monitor },
  { choice: "light", title: "Light", icon: Sun },
  { choice: "dark", title: "Dark", icon: Moon },
] as const;

export function ThemeChoice() {
  const { choice: chosen, choose } = useTheme();
  return (
    <fieldset>
      <legend className="sr-only">Theme</legend>
      <div className="flex max-w-md flex-wrap gap-3">
        {CHOICES.map(({ choice, title, icon: Icon }) => (
          <label
            key={choice}
            className="touchable flex flex-1 items-center justify-center gap-2 rounded-sm border border-rule-strong px-3 py-2 whitespace-nowrap transition-colors hover:border-ink has-checked:border-accent has-checked:bg-accent-soft has-checked:text-accent has-focus-visible:outline-2 has-focus-visible:outline-offset-2 has-focus-visible:outline-accent"
          >
            <input
              type="radio"
              name="theme"
              value={choice}
              checked={choice === chosen}
              onChange={() => choose(choice)}
              className="sr-only"
            />
            <Icon size={16} aria-hidden /> {title}
          </label>
        ))}
      </div>
    </fieldset>
  );
}
