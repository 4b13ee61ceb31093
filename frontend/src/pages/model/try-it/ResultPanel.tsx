import { ErrorNote } from "~/components/feedback/ErrorState";
import { ApiError } from "~/services/api/errors";
import { withOneBasedRow } from "./cells";
import { HistoryLink, PredictionResult } from "./PredictionResult";
import type { PredictionState } from "./usePrediction";

interface ResultPanelProps {
  prediction: PredictionState;
  modelId: string;
  outputSchema: unknown;
}

/** The result, its error, or a placeholder. */
export function ResultPanel({ prediction, modelId, outputSchema }: ResultPanelProps) {
  const { result, error, isOutdated } = prediction;
  if (error) {
    return (
      <section aria-label="Result">
        <ErrorNote error={toOneBasedError(error)} />
        {error.predictionId && (
          <p className="text-sm">
            <HistoryLink modelId={modelId} id={error.predictionId} />
          </p>
        )}
      </section>
    );
  }
  if (result)
    return <PredictionResult {...result} outputSchema={outputSchema} isOutdated={isOutdated} />;
  return (
    <section aria-label="Result" className="border-y px-4 py-10 text-center text-soft sm:px-5">
      The result will appear here.
    </section>
  );
}

const toOneBasedError = ({ message, status, requestId }: ApiError): ApiError =>
  new ApiError(withOneBasedRow(message), status, {}, requestId);
