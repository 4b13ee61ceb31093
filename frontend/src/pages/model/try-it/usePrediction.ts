/** What is asked, and what came of it: the one state behind the form, the JSON and the code. */

import { useCallback, useEffect, useRef, useState } from "react";
import { client, refetch } from "~/services/api/client";
import { type ApiError, toApiError } from "~/services/api/errors";
import type { InputShape } from "../signature/inputShape";
import { type CellError, parseServerError, validateRows } from "./cells";
import type { TimedPrediction } from "./PredictionResult";
import { type PredictionRequest, toInputData, toRows } from "./requestBody";

/** What came of a question; of another one that was asked later it says nothing. */
type Outcome = { question: PredictionRequest } & (
  | { given: TimedPrediction }
  | { refusal: ApiError }
);

export interface PredictionState {
  request: PredictionRequest;
  setRequest: (request: PredictionRequest) => void;
  /** JSON that cannot be read, as it is written; nothing can be sent then. */
  invalidJson: string | null;
  setInvalidJson: (text: string | null) => void;
  predict: () => void;
  isBusy: boolean;
  result: TimedPrediction | null;
  isOutdated: boolean;
  error: ApiError | null;
  cellErrors: readonly CellError[];
}

/** What is asked of a model; it begins anew when ``of`` is another. */
export function usePrediction(
  resetKey: string,
  modelId: string,
  version: number | null,
  shape: InputShape,
  initialInput: unknown,
): PredictionState {
  const [request, setQuestion] = useState<PredictionRequest>(() =>
    initialRequest(shape, initialInput),
  );
  const [invalidJson, setBroken] = useState<string | null>(null);
  const [outcome, setOutcome] = useState<Outcome | null>(null);
  const [pendingCall, setPendingCall] = useState<AbortController | null>(null);
  const [currentKey, setCurrentKey] = useState(resetKey);
  if (currentKey !== resetKey) {
    setCurrentKey(resetKey);
    setQuestion(initialRequest(shape, initialInput));
    setBroken(null);
    setOutcome(null);
    setPendingCall(null);
  }
  const latest = useRef(request);
  latest.current = request;
  useEffect(() => () => pendingCall?.abort(), [pendingCall]);

  const predict = useCallback(async () => {
    if (invalidJson !== null || pendingCall !== null) return;
    const sentRequest = latest.current;
    const controller = new AbortController();
    setPendingCall(controller);
    try {
      const result = await predictTimed(
        modelId,
        version,
        toInputData(shape, sentRequest),
        controller.signal,
      );
      setOutcome({ question: sentRequest, given: result });
      void refetch("/api/v1/models/{model_id}/stats", "/api/v1/models/{model_id}/history");
    } catch (error) {
      if (!controller.signal.aborted)
        setOutcome({ question: sentRequest, refusal: toApiError(error) });
    } finally {
      setPendingCall((now) => (now === controller ? null : now));
    }
  }, [modelId, version, shape, invalidJson, pendingCall]);

  const isOutdated = outcome !== null && outcome.question !== request;
  const refusal = outcome && "refusal" in outcome && !isOutdated ? outcome.refusal : null;
  return {
    request,
    setRequest: useCallback((next: PredictionRequest) => {
      setBroken(null);
      setQuestion(next);
    }, []),
    invalidJson,
    setInvalidJson: setBroken,
    predict: () => void predict(),
    isBusy: pendingCall !== null,
    result: outcome && "given" in outcome ? outcome.given : null,
    isOutdated,
    error: refusal,
    cellErrors: visibleErrors(shape, request, refusal),
  };
}

/** The rows to begin with: those that were given, as far as a form can show them. */
export function initialRequest(shape: InputShape, initialInput: unknown): PredictionRequest {
  if (initialInput === undefined)
    return shape.form === "unknown" ? { input: [] } : { rows: [shape.example] };
  const rows = toRows(shape, initialInput);
  return rows === null || rows.length === 0 ? { input: initialInput } : { rows };
}

/** What is wrong. That a field is still empty is told only once it was refused. */
function visibleErrors(
  shape: InputShape,
  request: PredictionRequest,
  refusal: ApiError | null,
): CellError[] {
  if (!("rows" in request)) return [];
  const serverError = refusal === null ? null : parseServerError(refusal.message, shape.columns);
  const cellErrors = validateRows(shape, request.rows).filter(
    ({ row, column }) => refusal !== null || request.rows[row]?.[column] != null,
  );
  const others = cellErrors.filter(
    ({ row, column }) => row !== serverError?.row || column !== serverError.column,
  );
  return serverError === null ? others : [serverError, ...others];
}

async function predictTimed(
  modelId: string,
  version: number | null,
  input: unknown,
  signal: AbortSignal,
): Promise<TimedPrediction> {
  const start = performance.now();
  const { data } = await client.POST("/api/v1/models/{model_id}/predict", {
    params: { path: { model_id: modelId }, query: version === null ? {} : { version } },
    body: { input_data: input },
    signal,
  });
  if (!data) throw new Error("the answer is empty");
  return { view: data, roundTripMs: performance.now() - start };
}
