import { FileUp } from "lucide-react";
import { ButtonLink } from "~/components/buttons/Button";
import { cx } from "~/components/cx";
import { FileDrop } from "~/components/forms/FileDrop";
import type { Step } from "~/services/firstSteps";
import { MODEL_FILE_EXTENSIONS } from "~/services/modelFile";
import { StepMark } from "./FirstSteps";

interface FirstRunProps {
  steps: readonly Step[];
  onFile: (file: File) => void;
}

/** The dashboard before the first model: the first steps and a drop zone. */
export function FirstRun({ steps, onFile }: FirstRunProps) {
  const next = steps.find(({ isDone, to }) => !isDone && to !== null);
  return (
    <div className="grid gap-10 lg:grid-cols-[minmax(0,1fr)_22rem]">
      <section aria-labelledby="first-steps">
        <h2 id="first-steps" className="mb-2 text-lg">
          Four steps to your first predictions
        </h2>
        <ol className="border-t">
          {steps.map((step) => (
            <StepRow key={step.id} step={step} isNext={step === next} />
          ))}
        </ol>
      </section>
      <FileDrop label="Choose a model file" onFile={onFile}>
        <span className="flex h-full min-h-40 flex-col items-center justify-center gap-1.5">
          <FileUp size={26} strokeWidth={1.5} aria-hidden className="text-accent" />
          <span className="font-medium">Drop a model here, or choose one</span>
          <span className="text-sm text-faint">{MODEL_FILE_EXTENSIONS.join(", ")}</span>
        </span>
      </FileDrop>
    </div>
  );
}

function StepRow({ step, isNext }: { step: Step; isNext: boolean }) {
  const { title, text, to, isDone } = step;
  return (
    <li className="flex flex-wrap items-center gap-x-5 gap-y-3 border-b py-4">
      <StepMark isDone={isDone} isLarge />
      <div className="min-w-0 flex-1 basis-56">
        <h3 className={cx("text-base", isDone && "text-faint line-through")}>{title}</h3>
        <p className="text-sm text-soft">{text}</p>
      </div>
      {to !== null && !isDone && (
        <ButtonLink to={to} variant={isNext ? "primary" : "plain"} isSmall aria-label={title}>
          {isNext ? "Begin" : "Do it"}
        </ButtonLink>
      )}
    </li>
  );
}
