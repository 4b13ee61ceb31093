/** Keyboard shortcuts and the commands of the palette. */

import {
  createContext,
  type ReactNode,
  startTransition,
  use,
  useCallback,
  useEffect,
  useMemo,
  useState,
} from "react";
import { useNavigate } from "react-router";
import { itemForKey } from "~/app/navigation";

export interface Command {
  id: string;
  label: string;
  /** The heading under which it is listed. */
  group: string;
  run: () => void;
}

interface CommandRegistry {
  /** The commands of the pages that are open. */
  commands: readonly Command[];
  open: "palette" | "help" | null;
  show: (what: "palette" | "help" | null) => void;
  register: (commands: readonly Command[]) => () => void;
}

const SEQUENCE_TIMEOUT_MS = 1_200;
const CommandContext = createContext<CommandRegistry | null>(null);

export function CommandProvider({ children }: { children: ReactNode }) {
  const [open, setOpen] = useState<CommandRegistry["open"]>(null);
  // In a transition, so that code that is already loaded is shown without a fallback.
  const show = useCallback(
    (what: CommandRegistry["open"]) => startTransition(() => setOpen(what)),
    [],
  );
  const [groups, setGroups] = useState<readonly (readonly Command[])[]>([]);
  const register = useCallback((commands: readonly Command[]) => {
    setGroups((before) => [...before, commands]);
    return () => setGroups((before) => before.filter((each) => each !== commands));
  }, []);
  useKeyboardShortcuts(show);
  const value = useMemo(
    () => ({ commands: groups.flat(), open, show, register }),
    [groups, open, show, register],
  );
  return <CommandContext value={value}>{children}</CommandContext>;
}

export function useCommandContext(): CommandRegistry {
  const commands = use(CommandContext);
  if (commands === null) throw new Error("there is no CommandProvider around this");
  return commands;
}

/**
 * Add commands to the palette while a component is mounted. Pass the same array until they change.
 */
export function useCommands(commands: readonly Command[]): void {
  const { register } = useCommandContext();
  useEffect(() => register(commands), [register, commands]);
}

function useKeyboardShortcuts(show: CommandRegistry["show"]): void {
  const navigate = useNavigate();
  useEffect(() => {
    let prefixPressedAt = Number.NEGATIVE_INFINITY;
    const onKeyDown = (event: KeyboardEvent) => {
      const isAfterPrefix = event.timeStamp - prefixPressedAt < SEQUENCE_TIMEOUT_MS;
      prefixPressedAt = event.key === "g" ? event.timeStamp : Number.NEGATIVE_INFINITY;
      shortcutFor(event, isAfterPrefix)?.({ event, show, navigate });
    };
    addEventListener("keydown", onKeyDown);
    return () => removeEventListener("keydown", onKeyDown);
  }, [navigate, show]);
}

interface ShortcutContext {
  event: KeyboardEvent;
  show: CommandRegistry["show"];
  navigate: (path: string) => void;
}

/** The shortcut of a key, unless it is typed into a field. */
function shortcutFor(
  event: KeyboardEvent,
  isAfterPrefix: boolean,
): ((context: ShortcutContext) => void) | undefined {
  const hasCommand = event.metaKey || event.ctrlKey;
  if (hasCommand && event.key.toLowerCase() === "k") return ACTIONS.palette;
  if (hasCommand || event.altKey || isTyping(event.target)) return undefined;
  if (isAfterPrefix) return ACTIONS.go;
  return { "?": ACTIONS.help, "/": ACTIONS.search }[event.key];
}

const ACTIONS = {
  palette: ({ event, show }: ShortcutContext) => {
    event.preventDefault();
    show("palette");
  },
  help: ({ show }: ShortcutContext) => show("help"),
  go: ({ event, navigate }: ShortcutContext) => {
    const page = itemForKey(event.key);
    if (page) navigate(page.path);
  },
  search: ({ event }: ShortcutContext) => {
    const field = document.querySelector<HTMLInputElement>("main input[type=search]");
    if (field) event.preventDefault();
    field?.focus();
  },
};

const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement &&
  (target.isContentEditable ||
    target.closest("input, textarea, select, dialog, [role=menu]") !== null);
