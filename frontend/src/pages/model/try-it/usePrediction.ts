/** The request and its result: the state shared by the form, the JSON editor and the code. */

import { useCallback, useEffect, useRef, useState } from "react";
import { client, refetch } from "~/services/api/client";
import { type ApiError, toApiError } from "~/services/api/errors";
import type { InputShape } from "../signature/inputShape";
import { type CellError, parseServerError, validateRows } from "./cells";
import type { TimedPrediction } from "./PredictionResult";
import { type PredictionRequest, toInputData, toRows } from "./requestBody";

/** The result of a request; outdated once the request changes. */
type Outcome = { request: PredictionRequest } & ({ result: TimedPrediction } | { error: ApiError });

export interface PredictionState {
  request: PredictionRequest;
  setRequest: (request: PredictionRequest) => void;
  /** Text that is not valid JSON; nothing can be sent then. */
  invalidJson: string | null;
  setInvalidJson: (text: string | null) => void;
  predict: () => void;
  isBusy: boolean;
  result: TimedPrediction | null;
  isOutdated: boolean;
  error: ApiError | null;
  cellErrors: readonly CellError[];
}

/** The state is reset when `resetKey` changes. */
export function usePrediction(
  resetKey: string,
  modelId: string,
  version: number | null,
  shape: InputShape,
  initialInput: unknown,
): PredictionState {
  const [request, setRequest] = useState<PredictionRequest>(() =>
    initialRequest(shape, initialInput),
  );
  const [invalidJson, setInvalidJson] = useState<string | null>(null);
  const [outcome, setOutcome] = useState<Outcome | null>(null);
  const [pendingCall, setPendingCall] = useState<AbortController | null>(null);
  const [currentKey, setCurrentKey] = useState(resetKey);
  if (currentKey !== resetKey) {
    setCurrentKey(resetKey);
    setRequest(initialRequest(shape, initialInput));
    setInvalidJson(null);
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
      setOutcome({ request: sentRequest, result });
      void refetch("/api/v1/models/{model_id}/stats", "/api/v1/models/{model_id}/history");
    } catch (error) {
      if (!controller.signal.aborted)
        setOutcome({ request: sentRequest, error: toApiError(error) });
    } finally {
      setPendingCall((now) => (now === controller ? null : now));
    }
  }, [modelId, version, shape, invalidJson, pendingCall]);

  const isOutdated = outcome !== null && outcome.request !== request;
  const error = outcome && "error" in outcome && !isOutdated ? outcome.error : null;
  return {
    request,
    setRequest: useCallback((next: PredictionRequest) => {
      setInvalidJson(null);
      setRequest(next);
    }, []),
    invalidJson,
    setInvalidJson,
    predict: () => void predict(),
    isBusy: pendingCall !== null,
    result: outcome && "result" in outcome ? outcome.result : null,
    isOutdated,
    error,
    cellErrors: visibleErrors(shape, request, error),
  };
}

/** A request with the given input, or with the example. */
export function initialRequest(shape: InputShape, initialInput: unknown): PredictionRequest {
  if (initialInput === undefined)
    return shape.form === "unknown" ? { input: [] } : { rows: [shape.example] };
  const rows = toRows(shape, initialInput);
  return rows === null || rows.length === 0 ? { input: initialInput } : { rows };
}

/** The errors to show. Missing values are shown only after a request was rejected. */
function visibleErrors(
  shape: InputShape,
  request: PredictionRequest,
  error: ApiError | null,
): CellError[] {
  if (!("rows" in request)) return [];
  const serverError = error === null ? null : parseServerError(error.message, shape.columns);
  const cellErrors = validateRows(shape, request.rows).filter(
    ({ row, column }) => error !== null || request.rows[row]?.[column] != null,
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
  if (!data) throw new Error("the response is empty");
  return { view: data, roundTripMs: performance.now() - start };
}
