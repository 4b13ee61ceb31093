/** The three steps of an upload: sending, inspecting, ready. */

import { Check } from "lucide-react";
import { Button } from "~/components/buttons/Button";
import { cx } from "~/components/cx";
import { ProgressBar } from "~/components/feedback/ProgressBar";
import type { Stage } from "~/services/api/upload";
import { bytes } from "~/services/text/format";

const STEPS = [
  { name: "sending", title: "Sending", text: "The file goes to the server." },
  {
    name: "inspecting",
    title: "Inspecting",
    text: "It is opened in a sandbox, and its columns and classes are read.",
  },
  { name: "ready", title: "Ready", text: "It can be called." },
] as const;

export function UploadProgress({ stage, onStop }: { stage: Stage; onStop: () => void }) {
  const currentStep = STEPS.findIndex(({ name }) => name === stage.name);
  return (
    <section aria-label="Upload" className="border-y py-5">
      <ol className="grid gap-4 sm:grid-cols-3 sm:gap-6">
        {STEPS.map(({ name, title, text }, index) => (
          <li
            key={name}
            aria-current={index === currentStep ? "step" : undefined}
            className={cx(
              "border-t-2 pt-2 transition-colors",
              index <= currentStep ? "border-accent" : "border-rule text-faint",
            )}
          >
            <p className="flex items-center gap-1.5 font-medium">
              {title}
              {(index < currentStep || stage.name === "ready") && (
                <Check size={15} aria-label="done" className="text-success" />
              )}
            </p>
            <p className={cx("text-sm", index === currentStep ? "text-soft" : "text-faint")}>
              {text}
            </p>
          </li>
        ))}
      </ol>
      {stage.name !== "ready" && (
        <div className="mt-5 flex items-center gap-4">
          <div className="min-w-0 flex-1">
            <ProgressBar
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
        {STEPS[currentStep]?.title}
      </p>
    </section>
  );
}
