/** Finds pages, models and actions by name; opened by Ctrl-K or Cmd-K. */

import { useQuery } from "@tanstack/react-query";
import { type KeyboardEvent, useMemo, useState } from "react";
import { useNavigate } from "react-router";
import { cx } from "~/components/cx";
import { Dialog } from "~/components/overlays/Dialog";
import { useAuth } from "~/context/AuthContext";
import { type Command, useCommandContext } from "~/context/CommandContext";
import { useTheme } from "~/context/ThemeContext";
import { client } from "~/services/api/client";
import { itemsFor } from "./navigation";

const MODELS_MAX = 200;
const SHOWN_MAX = 40;

export function CommandPalette() {
  const { open, show } = useCommandContext();
  return (
    <Dialog isOpen={open === "palette"} onClose={() => show(null)} title="Find" isTitleHidden>
      <CommandSearch onDone={() => show(null)} />
    </Dialog>
  );
}

function CommandSearch({ onDone }: { onDone: () => void }) {
  const [text, setText] = useState("");
  const [active, setActive] = useState(0);
  const found = useMatchingCommands(text);
  const run = (command: Command | undefined) => {
    if (!command) return;
    onDone();
    command.run();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step !== undefined) {
      event.preventDefault();
      setActive((found.length + active + step) % Math.max(1, found.length));
    }
    if (event.key === "Enter") run(found[active]);
  };
  return (
    <>
      <input
        className="mb-2 w-full border-b border-rule-strong bg-transparent py-3 text-lg outline-none placeholder:text-faint"
        placeholder="A page, a model, an action…"
        aria-label="A page, a model, an action"
        role="combobox"
        aria-expanded
        aria-controls="found"
        aria-activedescendant={found[active] && `found-${active}`}
        value={text}
        onChange={(event) => {
          setText(event.target.value);
          setActive(0);
        }}
        onKeyDown={onKeyDown}
        // biome-ignore lint/a11y/noAutofocus: the dialog is opened to type in
        autoFocus
      />
      <div id="found" role="listbox" aria-label="Found" className="max-h-[50dvh] overflow-y-auto">
        {found.map((command, index) => (
          <CommandOption
            key={command.id}
            index={index}
            command={command}
            isActive={index === active}
            heading={command.group === found[index - 1]?.group ? null : command.group}
            onRun={() => run(command)}
          />
        ))}
      </div>
      {found.length === 0 && <p className="py-6 text-center text-soft">Nothing found.</p>}
    </>
  );
}

interface RowProps {
  index: number;
  command: Command;
  heading: string | null;
  isActive: boolean;
  onRun: () => void;
}

function CommandOption({ index, command, heading, isActive, onRun }: RowProps) {
  return (
    <>
      {heading && (
        <p className="eyebrow pt-3 pb-1" role="presentation">
          {heading}
        </p>
      )}
      {/* biome-ignore lint/a11y/useKeyWithClickEvents: the text field above holds the focus and the keys */}
      <div
        id={`found-${index}`}
        role="option"
        tabIndex={-1}
        aria-selected={isActive}
        ref={(row) => {
          if (isActive) row?.scrollIntoView({ block: "nearest" });
        }}
        onClick={onRun}
        className={cx(
          "touchable flex cursor-pointer items-center rounded-sm px-2 py-1.5",
          isActive ? "bg-accent text-on-accent" : "hover:bg-sunken",
        )}
      >
        <span className="truncate">{command.label}</span>
      </div>
    </>
  );
}

function useMatchingCommands(text: string): Command[] {
  const navigate = useNavigate();
  const { commands, show } = useCommandContext();
  const { isAdmin, signOut } = useAuth();
  const { theme, choose } = useTheme();
  const models = useQuery({
    queryKey: ["palette", "models"],
    queryFn: () => client.GET("/api/v1/models", { params: { query: { limit: MODELS_MAX } } }),
  });
  return useMemo(() => {
    const all: Command[] = [
      ...commands,
      ...itemsFor(isAdmin).map((page) => ({
        id: page.path,
        group: "Pages",
        label: page.label,
        run: () => navigate(page.path),
      })),
      ...(models.data?.data ?? []).map((model) => ({
        id: model.id,
        group: "Models",
        label: model.name,
        run: () => navigate(`/models/${model.id}`),
      })),
      {
        id: "theme",
        group: "Actions",
        label: theme === "dark" ? "Use the light theme" : "Use the dark theme",
        run: () => choose(theme === "dark" ? "light" : "dark"),
      },
      {
        id: "docs",
        group: "Actions",
        label: "Read the API documentation",
        run: () => location.assign("/docs"),
      },
      { id: "keys", group: "Actions", label: "List the keys", run: () => show("help") },
      { id: "out", group: "Actions", label: "Sign out", run: () => void signOut() },
    ];
    const words = text.toLowerCase().split(/\s+/);
    return all
      .filter(({ label }) => words.every((word) => label.toLowerCase().includes(word)))
      .slice(0, SHOWN_MAX);
  }, [text, commands, isAdmin, models.data, theme, choose, navigate, show, signOut]);
}
