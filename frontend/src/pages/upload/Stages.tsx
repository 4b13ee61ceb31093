/** Sending, inspecting, ready: where an upload is, in three steps. */

import { Check } from "lucide-react";
import { Button } from "~/components/ui/Button";
import { cx } from "~/components/ui/cx";
import { Progress } from "~/components/ui/Progress";
import { bytes } from "~/services/format";
import type { Stage } from "~/services/upload";

const STEPS = [
  { name: "sending", title: "Sending", text: "The file goes to the server." },
  {
    name: "inspecting",
    title: "Inspecting",
    text: "It is opened in a sandbox, and its columns and classes are read.",
  },
  { name: "ready", title: "Ready", text: "It can be asked." },
] as const;

export function Stages({ stage, onStop }: { stage: Stage; onStop: () => void }) {
  const at = STEPS.findIndex(({ name }) => name === stage.name);
  return (
    <section aria-label="Upload" className="border-y py-5">
      <ol className="grid gap-4 sm:grid-cols-3 sm:gap-6">
        {STEPS.map(({ name, title, text }, index) => (
          <li
            key={name}
            aria-current={index === at ? "step" : undefined}
            className={cx(
              "border-t-2 pt-2 transition-colors",
              index <= at ? "border-accent" : "border-rule text-faint",
            )}
          >
            <p className="flex items-center gap-1.5 font-medium">
              {title}
              {(index < at || stage.name === "ready") && (
                <Check size={15} aria-label="done" className="text-success" />
              )}
            </p>
            <p className={cx("text-sm", index === at ? "text-soft" : "text-faint")}>{text}</p>
          </li>
        ))}
      </ol>
      {stage.name !== "ready" && (
        <div className="mt-5 flex items-center gap-4">
          <div className="min-w-0 flex-1">
            <Progress
              label={stage.name === "sending" ? "Sent" : "Being inspected"}
              value={stage.name === "sending" && stage.total > 0 ? stage.sent / stage.total : null}
            />
            <p className="figures mt-1.5 min-h-5 text-sm text-faint">
              {stage.name === "sending" && `${bytes(stage.sent)} of ${bytes(stage.total)}`}
            </p>
          </div>
          <Button isSmall onClick={onStop}>
            Cancel
          </Button>
        </div>
      )}
      <p role="status" className="sr-only">
        {STEPS[at]?.title}
      </p>
    </section>
  );
}
