/** The input as a form or as JSON, with example inputs and the Predict button. */

import { useEffect } from "react";
import { Button } from "~/components/buttons/Button";
import { KeyCombination } from "~/components/data/KeyCombination";
import { toast } from "~/components/feedback/toasts";
import { client } from "~/services/api/client";
import { toApiError } from "~/services/api/errors";
import type { InputShape } from "../signature/inputShape";
import { JsonEditor } from "./JsonEditor";
import { RowsForm } from "./RowsForm";
import { initialRequest, type PredictionState } from "./usePrediction";

interface InputPanelProps {
  view: "form" | "json";
  shape: InputShape;
  prediction: PredictionState;
  modelId: string;
}

export function InputPanel({ view, shape, prediction, modelId }: InputPanelProps) {
  const { request, setRequest, invalidJson, setInvalidJson, predict, isBusy, cellErrors } =
    prediction;
  usePredictShortcut(predict);
  const loadLastInput = async () => {
    try {
      const input = await lastInput(modelId);
      if (input === undefined) toast({ text: "The model has not been called yet." });
      else setRequest(initialRequest(shape, input));
    } catch (error) {
      toast({ text: toApiError(error).message, tone: "danger" });
    }
  };
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        predict();
      }}
    >
      <div className="mb-4 flex flex-wrap items-center gap-x-1 text-sm text-soft">
        Start with
        <Button
          variant="quiet"
          isSmall
          onClick={() => setRequest(initialRequest(shape, undefined))}
        >
          the example
        </Button>
        or
        <Button variant="quiet" isSmall onClick={() => void loadLastInput()}>
          the last call
        </Button>
      </div>
      {view === "json" ? (
        <JsonEditor
          shape={shape}
          request={request}
          invalidJson={invalidJson}
          onChange={setRequest}
          onInvalidJson={setInvalidJson}
        />
      ) : "rows" in request ? (
        <RowsForm
          shape={shape}
          rows={request.rows}
          errors={cellErrors}
          onChange={(rows) => setRequest({ rows })}
        />
      ) : (
        <p className="border-y py-8 text-center text-soft">
          The JSON is not a row of this model, so the form cannot show it. Change the JSON, or start
          with the example.
        </p>
      )}
      <div className="mt-2 flex flex-wrap items-center gap-4 py-4 lg:sticky lg:bottom-0 lg:bg-paper">
        <Button type="submit" variant="primary" isBusy={isBusy} disabled={invalidJson !== null}>
          Predict
        </Button>
        <span className="hidden text-sm text-faint sm:inline">
          <KeyCombination of={["Ctrl", "Enter"]} />
        </span>
        {invalidJson !== null && (
          <span className="text-sm text-danger">The JSON must be corrected first.</span>
        )}
      </div>
    </form>
  );
}

/** Ctrl-Enter or Cmd-Enter, wherever the focus is. */
function usePredictShortcut(predict: () => void): void {
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.key !== "Enter" || !(event.metaKey || event.ctrlKey)) return;
      event.preventDefault();
      predict();
    };
    addEventListener("keydown", onKeyDown);
    return () => removeEventListener("keydown", onKeyDown);
  }, [predict]);
}

/** The input of the latest call; undefined if there is none. */
async function lastInput(modelId: string): Promise<unknown> {
  const { data } = await client.GET("/api/v1/models/{model_id}/history", {
    params: { path: { model_id: modelId }, query: { limit: 1 } },
  });
  return data?.[0]?.input_data;
}
