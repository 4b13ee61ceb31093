import { Check, X } from "lucide-react";
import { Link } from "react-router";
import { IconButton } from "~/components/buttons/IconButton";
import { cx } from "~/components/cx";
import type { Step } from "~/services/firstSteps";

interface FirstStepsProps {
  steps: readonly Step[];
  onHide: () => void;
}

/** The remaining first steps in one line. */
export function FirstSteps({ steps, onHide }: FirstStepsProps) {
  return (
    <section
      aria-label="First steps"
      className="mb-8 flex items-start gap-4 rounded-md border bg-raised py-3 pr-2 pl-4"
    >
      <div className="flex min-w-0 flex-1 flex-wrap items-center gap-x-6 gap-y-1">
        <p className="text-sm text-faint">First steps</p>
        <ol className="flex flex-wrap gap-x-6 gap-y-1 text-sm">
          {steps.map((step) => (
            <li key={step.id} className="flex items-center gap-2">
              <StepMark isDone={step.isDone} />
              <StepTitle step={step} />
            </li>
          ))}
        </ol>
      </div>
      <IconButton icon={X} label="Hide the first steps" onClick={onHide} className="-my-1.5" />
    </section>
  );
}

const LINE_CLASSES = "touchable inline-flex items-center font-medium";

function StepTitle({ step: { title, to, isDone } }: { step: Step }) {
  if (isDone)
    return (
      <span className={cx(LINE_CLASSES, "text-faint line-through decoration-rule-strong")}>
        {title}
      </span>
    );
  if (to === null) return <span className={cx(LINE_CLASSES, "text-soft")}>{title}</span>;
  return (
    <Link to={to} className={cx(LINE_CLASSES, "text-accent underline-offset-4 hover:underline")}>
      {title}
    </Link>
  );
}

export function StepMark({ isDone, isLarge }: { isDone: boolean; isLarge?: boolean }) {
  return (
    <span
      className={cx(
        "inline-flex shrink-0 items-center justify-center rounded-full border",
        isLarge ? "size-7" : "size-4",
        isDone ? "border-accent bg-accent text-on-accent" : "border-rule-strong",
      )}
    >
      {isDone && <Check size={isLarge ? 16 : 11} strokeWidth={3} aria-hidden />}
      <span className="sr-only">{isDone ? "Done:" : "To do:"}</span>
    </span>
  );
}
