import { ErrorNote } from "~/components/ui/ErrorState";
import { Refusal } from "~/services/problems";
import { Answer, Recorded } from "./Answer";
import { countedFromOne } from "./cells";
import type { Asking } from "./useAsking";

interface OutcomeProps {
  asking: Asking;
  modelId: string;
  outputSchema: unknown;
}

/** The place of the answer: before there is one, why there is none, and it. */
export function Outcome({ asking, modelId, outputSchema }: OutcomeProps) {
  const { given, refusal, isOutdated } = asking;
  if (refusal) {
    return (
      <section aria-label="Answer">
        <ErrorNote error={told(refusal)} />
        {refusal.predictionId && (
          <p className="text-sm">
            <Recorded modelId={modelId} id={refusal.predictionId} />
          </p>
        )}
      </section>
    );
  }
  if (given) return <Answer {...given} outputSchema={outputSchema} isOutdated={isOutdated} />;
  return (
    <section aria-label="Answer" className="border-y px-4 py-10 text-center text-soft sm:px-5">
      The answer will stand here.
    </section>
  );
}

const told = ({ message, status, requestId }: Refusal): Refusal =>
  new Refusal(countedFromOne(message), status, {}, requestId);
