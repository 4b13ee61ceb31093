/** The colour theme. `public/theme.js` sets it before the first paint. */

import { createContext, type ReactNode, use, useEffect, useMemo, useState } from "react";

export type ThemeChoice = "light" | "dark" | "system";
interface Theme {
  choice: ThemeChoice;
  /** The theme in effect. */
  theme: "light" | "dark";
  choose: (choice: ThemeChoice) => void;
}

const KEY = "theme";
const DARK = "(prefers-color-scheme: dark)";
const ThemeContext = createContext<Theme | null>(null);

export function ThemeProvider({ children }: { children: ReactNode }) {
  const [choice, setChoice] = useState(storedChoice);
  const [isSystemDark, setSystemDark] = useState(() => matchMedia(DARK).matches);
  const theme = choice === "system" ? (isSystemDark ? "dark" : "light") : choice;

  useEffect(() => {
    const query = matchMedia(DARK);
    const changed = () => setSystemDark(query.matches);
    const changedInOtherTab = (event: StorageEvent) =>
      event.key === KEY && setChoice(storedChoice());
    query.addEventListener("change", changed);
    addEventListener("storage", changedInOtherTab);
    return () => {
      query.removeEventListener("change", changed);
      removeEventListener("storage", changedInOtherTab);
    };
  }, []);
  useEffect(() => {
    document.documentElement.dataset.theme = theme;
  }, [theme]);

  const value = useMemo(
    () => ({
      choice,
      theme,
      choose: (next: ThemeChoice) => {
        storeChoice(next);
        setChoice(next);
      },
    }),
    [choice, theme],
  );
  return <ThemeContext value={value}>{children}</ThemeContext>;
}

export function useTheme(): Theme {
  const theme = use(ThemeContext);
  if (theme === null) throw new Error("there is no ThemeProvider around this");
  return theme;
}

function storedChoice(): ThemeChoice {
  try {
    const kept = localStorage.getItem(KEY);
    return kept === "light" || kept === "dark" ? kept : "system";
  } catch {
    return "system";
  }
}

function storeChoice(choice: ThemeChoice): void {
  try {
    if (choice === "system") localStorage.removeItem(KEY);
    else localStorage.setItem(KEY, choice);
  } catch {
    // Without storage the choice is lost on reload.
  }
}
