/** The list of keyboard shortcuts; opened by `?`. */

import { KeyCombination } from "~/components/data/KeyCombination";
import { Dialog } from "~/components/overlays/Dialog";
import { useAuth } from "~/context/AuthContext";
import { useCommandContext } from "~/context/CommandContext";
import { itemsFor } from "./navigation";

export function KeyboardHelp() {
  const { open, show } = useCommandContext();
  const { isAdmin } = useAuth();
  const keys: [string, string[]][] = [
    ["Find a page, a model or an action", ["Ctrl", "K"]],
    ["Search the list on this page", ["/"]],
    ["Go through the rows of a list, and open one", ["j", "k", "Enter"]],
    ["Show these keys", ["?"]],
    ["Close what is open", ["Esc"]],
    ...itemsFor(isAdmin).map((page): [string, string[]] => [
      `Go to ${page.label}`,
      ["g", page.key],
    ]),
  ];
  return (
    <Dialog isOpen={open === "help"} onClose={() => show(null)} title="Keys">
      <dl>
        {keys.map(([what, names]) => (
          <div
            key={what}
            className="flex items-baseline justify-between gap-6 border-b py-2 last:border-0"
          >
            <dt className="text-sm">{what}</dt>
            <dd>
              <KeyCombination of={names} />
            </dd>
          </div>
        ))}
      </dl>
    </Dialog>
  );
}
