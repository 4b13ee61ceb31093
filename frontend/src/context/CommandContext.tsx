/** What can be done from the keyboard: `?` lists the keys, Ctrl-K finds pages, models and actions. */

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
import { pageOfKey } from "~/pages/catalogue";

export interface Command {
  id: string;
  label: string;
  /** Under which heading it is listed. */
  group: string;
  run: () => void;
}

interface Commands {
  /** What the pages that are open offer. */
  commands: readonly Command[];
  open: "palette" | "help" | null;
  show: (what: "palette" | "help" | null) => void;
  offer: (commands: readonly Command[]) => () => void;
}

const GO_WITHIN_MS = 1_200;
const CommandContext = createContext<Commands | null>(null);

export function CommandProvider({ children }: { children: ReactNode }) {
  const [open, setOpen] = useState<Commands["open"]>(null);
  // In a transition what is fetched first is shown once it is there, and not held back by React.
  const show = useCallback((what: Commands["open"]) => startTransition(() => setOpen(what)), []);
  const [offers, setOffers] = useState<readonly (readonly Command[])[]>([]);
  const offer = useCallback((commands: readonly Command[]) => {
    setOffers((before) => [...before, commands]);
    return () => setOffers((before) => before.filter((each) => each !== commands));
  }, []);
  useKeys(show);
  const value = useMemo(
    () => ({ commands: offers.flat(), open, show, offer }),
    [offers, open, show, offer],
  );
  return <CommandContext value={value}>{children}</CommandContext>;
}

export function useCommandContext(): Commands {
  const commands = use(CommandContext);
  if (commands === null) throw new Error("there is no CommandProvider around this");
  return commands;
}

/** Offer actions in the palette while a page is open; give the same array until they change. */
export function useCommands(commands: readonly Command[]): void {
  const { offer } = useCommandContext();
  useEffect(() => offer(commands), [offer, commands]);
}

function useKeys(show: Commands["show"]): void {
  const navigate = useNavigate();
  useEffect(() => {
    let wentAt = Number.NEGATIVE_INFINITY;
    const pressed = (event: KeyboardEvent) => {
      const isSecond = event.timeStamp - wentAt < GO_WITHIN_MS;
      wentAt = event.key === "g" ? event.timeStamp : Number.NEGATIVE_INFINITY;
      actionOf(event, isSecond)?.({ event, show, navigate });
    };
    addEventListener("keydown", pressed);
    return () => removeEventListener("keydown", pressed);
  }, [navigate, show]);
}

interface Doing {
  event: KeyboardEvent;
  show: Commands["show"];
  navigate: (path: string) => void;
}

/** What a key does, where it is not typed into something. */
function actionOf(event: KeyboardEvent, isSecond: boolean): ((doing: Doing) => void) | undefined {
  const hasCommand = event.metaKey || event.ctrlKey;
  if (hasCommand && event.key.toLowerCase() === "k") return ACTIONS.palette;
  if (hasCommand || event.altKey || isTyping(event.target)) return undefined;
  if (isSecond) return ACTIONS.go;
  return { "?": ACTIONS.help, "/": ACTIONS.search }[event.key];
}

const ACTIONS = {
  palette: ({ event, show }: Doing) => {
    event.preventDefault();
    show("palette");
  },
  help: ({ show }: Doing) => show("help"),
  go: ({ event, navigate }: Doing) => {
    const page = pageOfKey(event.key);
    if (page) navigate(page.path);
  },
  search: ({ event }: Doing) => {
    const field = document.querySelector<HTMLInputElement>("main input[type=search]");
    if (field) event.preventDefault();
    field?.focus();
  },
};

const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement &&
  (target.isContentEditable ||
    target.closest("input, textarea, select, dialog, [role=menu]") !== null);
