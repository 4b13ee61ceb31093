/** What is asked, and what came of it: the one state behind the form, the JSON and the code. */

import { useCallback, useEffect, useRef, useState } from "react";
import { client, refetch } from "~/services/api";
import { type Refusal, refusalOfError } from "~/services/problems";
import type { Given } from "./Answer";
import { inputOf, type Question, rowsOf } from "./body";
import { type Fault, faultIn, faultsOf } from "./cells";
import type { InputShape } from "./inputs";

/** What came of a question; of another one that was asked later it says nothing. */
type Outcome = { question: Question } & ({ given: Given } | { refusal: Refusal });

export interface Asking {
  question: Question;
  ask: (question: Question) => void;
  /** JSON that cannot be read, as it is written; nothing can be sent then. */
  broken: string | null;
  setBroken: (text: string | null) => void;
  predict: () => void;
  isBusy: boolean;
  given: Given | null;
  isOutdated: boolean;
  refusal: Refusal | null;
  faults: readonly Fault[];
}

/** What is asked of a model; it begins anew when ``of`` is another. */
export function useAsking(
  of: string,
  modelId: string,
  version: number | null,
  shape: InputShape,
  begin: unknown,
): Asking {
  const [question, setQuestion] = useState<Question>(() => beginning(shape, begin));
  const [broken, setBroken] = useState<string | null>(null);
  const [outcome, setOutcome] = useState<Outcome | null>(null);
  const [call, setCall] = useState<AbortController | null>(null);
  const [begun, setBegun] = useState(of);
  if (begun !== of) {
    setBegun(of);
    setQuestion(beginning(shape, begin));
    setBroken(null);
    setOutcome(null);
    setCall(null);
  }
  const latest = useRef(question);
  latest.current = question;
  useEffect(() => () => call?.abort(), [call]);

  const predict = useCallback(async () => {
    if (broken !== null || call !== null) return;
    const asked = latest.current;
    const stop = new AbortController();
    setCall(stop);
    try {
      const given = await answered(modelId, version, inputOf(shape, asked), stop.signal);
      setOutcome({ question: asked, given });
      void refetch("/api/v1/models/{model_id}/stats", "/api/v1/models/{model_id}/history");
    } catch (error) {
      if (!stop.signal.aborted) setOutcome({ question: asked, refusal: refusalOfError(error) });
    } finally {
      setCall((now) => (now === stop ? null : now));
    }
  }, [modelId, version, shape, broken, call]);

  const isOutdated = outcome !== null && outcome.question !== question;
  const refusal = outcome && "refusal" in outcome && !isOutdated ? outcome.refusal : null;
  return {
    question,
    ask: useCallback((next: Question) => {
      setBroken(null);
      setQuestion(next);
    }, []),
    broken,
    setBroken,
    predict: () => void predict(),
    isBusy: call !== null,
    given: outcome && "given" in outcome ? outcome.given : null,
    isOutdated,
    refusal,
    faults: faultsShown(shape, question, refusal),
  };
}

/** The rows to begin with: those that were given, as far as a form can show them. */
export function beginning(shape: InputShape, begin: unknown): Question {
  if (begin === undefined)
    return shape.form === "unknown" ? { input: [] } : { rows: [shape.example] };
  const rows = rowsOf(shape, begin);
  return rows === null || rows.length === 0 ? { input: begin } : { rows };
}

/** What is wrong. That a field is still empty is told only once it was refused. */
function faultsShown(shape: InputShape, question: Question, refusal: Refusal | null): Fault[] {
  if (!("rows" in question)) return [];
  const told = refusal === null ? null : faultIn(refusal.message, shape.columns);
  const own = faultsOf(shape, question.rows).filter(
    ({ row, column }) => refusal !== null || question.rows[row]?.[column] != null,
  );
  const others = own.filter(({ row, column }) => row !== told?.row || column !== told.column);
  return told === null ? others : [told, ...others];
}

async function answered(
  modelId: string,
  version: number | null,
  input: unknown,
  signal: AbortSignal,
): Promise<Given> {
  const start = performance.now();
  const { data } = await client.POST("/api/v1/models/{model_id}/predict", {
    params: { path: { model_id: modelId }, query: version === null ? {} : { version } },
    body: { input_data: input },
    signal,
  });
  if (!data) throw new Error("the answer is empty");
  return { view: data, roundTripMs: performance.now() - start };
}
