/** The outputs of a prediction, row by row, with class probabilities. */

export interface ClassProbability {
  label: string;
  /** From 0 to 1; null if the model returned no finite number. */
  probability: number | null;
  isPredicted: boolean;
}

/** One output value; multi-output models return several per row. */
export interface Output {
  value: unknown;
  /** The most probable class first; empty without probabilities. */
  probabilities: readonly ClassProbability[];
}

interface PredictionOutput {
  predictions: readonly unknown[];
  probabilities: readonly unknown[] | null;
}

type Schema = Readonly<Record<string, unknown>>;

/** The outputs of each row. */
export function toOutputs(
  { predictions, probabilities }: PredictionOutput,
  schema: unknown,
): Output[][] {
  const labels = classLabels(schema);
  return predictions.map((prediction, row) => {
    const rowProbabilities = probabilities?.[row];
    if (labels.length < 2) return [toOutput(prediction, labels[0] ?? [], rowProbabilities)];
    const values = Array.isArray(prediction) ? (prediction as unknown[]) : [prediction];
    return values.map((value, index) =>
      toOutput(
        value,
        labels[index] ?? [],
        Array.isArray(rowProbabilities) ? rowProbabilities[index] : null,
      ),
    );
  });
}

/** The classes of each output, in the order of the probabilities. */
export function classLabels(schema: unknown): unknown[][] {
  const { predictions } = asSchema(asSchema(schema).properties);
  const items = asSchema(asSchema(predictions).items);
  const outputs = Array.isArray(items.prefixItems) ? items.prefixItems.map(asSchema) : [items];
  const labels = outputs.map((each) => (Array.isArray(each.enum) ? (each.enum as unknown[]) : []));
  return labels.some((each) => each.length > 0) ? labels : [];
}

export const mostProbable = ({ probabilities }: Output): ClassProbability | null =>
  probabilities[0] ?? null;

/** A value as text; strings are not quoted. */
export function displayValue(value: unknown): string {
  if (typeof value === "number" && !Number.isInteger(value)) return String(+value.toPrecision(6));
  return typeof value === "string" ? value : (JSON.stringify(value) ?? "null");
}

function toOutput(value: unknown, labels: readonly unknown[], rowProbabilities: unknown): Output {
  if (!Array.isArray(rowProbabilities)) return { value, probabilities: [] };
  const probabilities = (rowProbabilities as unknown[]).map(
    (probability, index): ClassProbability => {
      const label = index < labels.length ? labels[index] : index;
      return {
        label: displayValue(label),
        probability: typeof probability === "number" ? probability : null,
        isPredicted: index < labels.length && label === value,
      };
    },
  );
  return {
    value,
    probabilities: probabilities.sort((a, b) => (b.probability ?? -1) - (a.probability ?? -1)),
  };
}

const asSchema = (value: unknown): Schema =>
  typeof value === "object" && value !== null ? (value as Schema) : {};
