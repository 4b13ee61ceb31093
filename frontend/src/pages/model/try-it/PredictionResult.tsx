/** The result of a prediction: values, class probabilities and a link to its record. */

import type { ReactNode } from "react";
import { Link } from "react-router";
import { cx } from "~/components/cx";
import { Id } from "~/components/data/Id";
import type { Schemas } from "~/services/api/client";
import { count, duration, percent, plural } from "~/services/text/format";
import {
  type ClassProbability,
  displayValue,
  mostProbable,
  type Output,
  toOutputs,
} from "../signature/outputs";
import { versionName } from "../versionName";

const CLASSES_MAX = 8;
const VALUES_MAX = 24;
const ROWS_MAX = 100;

export interface TimedPrediction {
  view: Schemas["PredictionView"];
  /** From the request to the response, as measured in the browser. */
  roundTripMs: number;
}

interface PredictionResultProps extends TimedPrediction {
  outputSchema: unknown;
  /** Whether the input has been changed since. */
  isOutdated: boolean;
}

export function PredictionResult({
  view,
  roundTripMs,
  outputSchema,
  isOutdated,
}: PredictionResultProps) {
  const rows = toOutputs(view, outputSchema);
  const [only] = rows;
  return (
    <section aria-label="Result" className="animate-arrive border-y bg-raised px-4 py-4 sm:px-5">
      <h2 className="eyebrow">{isOutdated ? "Result of the previous input" : "Result"}</h2>
      <div aria-live="polite" className={cx("transition-opacity", isOutdated && "opacity-60")}>
        {rows.length === 1 && only ? <OutputList outputs={only} /> : <ResultRows rows={rows} />}
      </div>
      <ResultDetails view={view} roundTripMs={roundTripMs} />
    </section>
  );
}

/** The outputs of one row, in large type. */
export function OutputList({ outputs }: { outputs: readonly Output[] }) {
  return outputs.map((output, index) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: outputs have no names
    <div key={index} className={cx(outputs.length > 1 ? "mt-4" : "mt-1")}>
      {outputs.length > 1 && <p className="text-sm text-soft">Output {index + 1}</p>}
      <OutputValue value={output.value} />
      {output.probabilities.length > 0 && <ProbabilityBars probabilities={output.probabilities} />}
    </div>
  ));
}

function OutputValue({ value }: { value: unknown }) {
  if (!Array.isArray(value)) {
    const text = displayValue(value);
    return (
      <p
        className={cx(
          "figures font-medium tracking-tight [overflow-wrap:anywhere]",
          text.length > 24 ? "text-xl" : "text-3xl",
        )}
      >
        {text}
      </p>
    );
  }
  return (
    <ol className="figures my-2 flex flex-wrap gap-x-4 gap-y-1 text-lg">
      {value.slice(0, VALUES_MAX).map((each, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: values have no other identity
        <li key={index}>{displayValue(each)}</li>
      ))}
      {value.length > VALUES_MAX && (
        <li className="text-faint">and {count(value.length - VALUES_MAX)} more</li>
      )}
    </ol>
  );
}

function ProbabilityBars({ probabilities }: { probabilities: readonly ClassProbability[] }) {
  return (
    <dl aria-label="Probabilities" className="mt-3 grid gap-2">
      {probabilities.slice(0, CLASSES_MAX).map(({ label, probability, isPredicted }) => (
        <div key={label} className="grid grid-cols-[minmax(0,1fr)_auto] gap-x-3 text-sm">
          <dt className={cx("truncate", isPredicted ? "font-medium" : "text-soft")} title={label}>
            {label}
          </dt>
          <dd className="figures text-soft">{percent(probability)}</dd>
          <dd aria-hidden className="col-span-2 mt-1 h-1.5 overflow-hidden rounded-full bg-sunken">
            <span
              className={cx(
                "block h-full rounded-full",
                isPredicted ? "bg-accent" : "bg-rule-strong",
              )}
              style={{ width: `${(probability ?? 0) * 100}%` }}
            />
          </dd>
        </div>
      ))}
      {probabilities.length > CLASSES_MAX && (
        <div className="text-sm text-faint">
          <dt className="inline">
            {plural(probabilities.length - CLASSES_MAX, "more class", "more classes")}:{" "}
          </dt>
          <dd className="figures inline">
            {percent(
              probabilities
                .slice(CLASSES_MAX)
                .reduce((sum, { probability }) => sum + (probability ?? 0), 0),
            )}{" "}
            together
          </dd>
        </div>
      )}
    </dl>
  );
}

function ResultRows({ rows }: { rows: readonly (readonly Output[])[] }) {
  return (
    <ol className="mt-2 text-sm">
      {rows.slice(0, ROWS_MAX).map((outputs, index) => {
        const [first] = outputs;
        const best = outputs.length === 1 && first ? mostProbable(first) : null;
        return (
          // biome-ignore lint/suspicious/noArrayIndexKey: rows have no other identity
          <li key={index} className="flex items-baseline gap-4 border-b py-1.5 last:border-0">
            <span className="figures w-12 shrink-0 text-faint">Row {index + 1}</span>
            <span className="figures min-w-0 flex-1 font-medium [overflow-wrap:anywhere]">
              {outputs.map(({ value }) => displayValue(value)).join(", ")}
            </span>
            {best && <span className="figures text-soft">{percent(best.probability)}</span>}
          </li>
        );
      })}
      {rows.length > ROWS_MAX && (
        <li className="py-1.5 text-faint">and {count(rows.length - ROWS_MAX)} more rows</li>
      )}
    </ol>
  );
}

function ResultDetails({ view, roundTripMs }: TimedPrediction) {
  return (
    <dl className="mt-4 grid grid-cols-[auto_minmax(0,1fr)] gap-x-4 gap-y-1 border-t pt-3 text-sm">
      <Fact label="Model">
        {duration(view.prediction_time * 1000)} in the queue and the model, {duration(roundTripMs)}{" "}
        with the network
      </Fact>
      <Fact label="Version">
        <span className="[overflow-wrap:anywhere]">
          {versionName(view.version_number, view.model_version)}
        </span>
      </Fact>
      <Fact label="Record">
        <HistoryLink modelId={view.model_id} id={view.prediction_id} />
      </Fact>
    </dl>
  );
}

function Fact({ label, children }: { label: string; children: ReactNode }) {
  return (
    <>
      <dt className="text-faint">{label}</dt>
      <dd className="min-w-0">{children}</dd>
    </>
  );
}

/** A link to a call in the history. */
export function HistoryLink({ modelId, id }: { modelId: string; id: string }) {
  return (
    <span className="inline-flex flex-wrap items-baseline gap-x-2">
      <Link
        to={`/models/${modelId}/history?prediction=${id}`}
        className="text-accent underline underline-offset-2"
      >
        See it in the history
      </Link>
      <Id id={id} />
    </span>
  );
}
