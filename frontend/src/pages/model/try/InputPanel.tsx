/** What is asked, as a form or as JSON, with what to begin from and the button that asks. */

import { useEffect } from "react";
import { Button } from "~/components/ui/Button";
import { Keys } from "~/components/ui/Keys";
import { toast } from "~/components/ui/toasts";
import { client } from "~/services/api";
import { refusalOfError } from "~/services/problems";
import type { InputShape } from "./inputs";
import { JsonEditor } from "./JsonEditor";
import { RowsForm } from "./RowsForm";
import { type Asking, beginning } from "./useAsking";

interface InputPanelProps {
  view: "form" | "json";
  shape: InputShape;
  asking: Asking;
  modelId: string;
}

export function InputPanel({ view, shape, asking, modelId }: InputPanelProps) {
  const { question, ask, broken, setBroken, predict, isBusy, faults } = asking;
  usePredictKey(predict);
  const askLast = async () => {
    try {
      const input = await lastInput(modelId);
      if (input === undefined) toast({ text: "The model was not called yet." });
      else ask(beginning(shape, input));
    } catch (error) {
      toast({ text: refusalOfError(error).message, tone: "danger" });
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
        Begin from
        <Button look="quiet" isSmall onClick={() => ask(beginning(shape, undefined))}>
          the example
        </Button>
        or
        <Button look="quiet" isSmall onClick={() => void askLast()}>
          the last call
        </Button>
      </div>
      {view === "json" ? (
        <JsonEditor
          shape={shape}
          question={question}
          broken={broken}
          onChange={ask}
          onBroken={setBroken}
        />
      ) : "rows" in question ? (
        <RowsForm
          shape={shape}
          rows={question.rows}
          faults={faults}
          onChange={(rows) => ask({ rows })}
        />
      ) : (
        <p className="border-y py-8 text-center text-soft">
          What stands in the JSON is no row of this model, so that the form cannot show it. Change
          it there, or begin from the example.
        </p>
      )}
      <div className="mt-2 flex flex-wrap items-center gap-4 py-4 lg:sticky lg:bottom-0 lg:bg-paper">
        <Button type="submit" look="primary" isBusy={isBusy} disabled={broken !== null}>
          Predict
        </Button>
        <span className="hidden text-sm text-faint sm:inline">
          <Keys of={["Ctrl", "Enter"]} />
        </span>
        {broken !== null && (
          <span className="text-sm text-danger">The JSON has to be put right first.</span>
        )}
      </div>
    </form>
  );
}

/** Ctrl or Cmd and Enter, from wherever one is. */
function usePredictKey(predict: () => void): void {
  useEffect(() => {
    const pressed = (event: KeyboardEvent) => {
      if (event.key !== "Enter" || !(event.metaKey || event.ctrlKey)) return;
      event.preventDefault();
      predict();
    };
    addEventListener("keydown", pressed);
    return () => removeEventListener("keydown", pressed);
  }, [predict]);
}

/** What was asked last; undefined where nothing was. */
async function lastInput(modelId: string): Promise<unknown> {
  const { data } = await client.GET("/api/v1/models/{model_id}/history", {
    params: { path: { model_id: modelId }, query: { limit: 1 } },
  });
  return data?.[0]?.input_data;
}
