/** What a model answered, as rows of values with the probabilities of their classes. */

export interface ClassProbability {
  label: string;
  /** From 0 to 1; null where the model gave no finite number. */
  probability: number | null;
  isPredicted: boolean;
}

/** One value of an answer: models with several outputs give several for a row. */
export interface Output {
  value: unknown;
  /** The most probable first; empty where the model gives no probabilities. */
  probabilities: readonly ClassProbability[];
}

interface PredictionOutput {
  predictions: readonly unknown[];
  probabilities: readonly unknown[] | null;
}

type Schema = Readonly<Record<string, unknown>>;

/** For each row, its outputs. */
export function toOutputs(
  { predictions, probabilities }: PredictionOutput,
  schema: unknown,
): Output[][] {
  const labels = classLabels(schema);
  return predictions.map((prediction, row) => {
    const shares = probabilities?.[row];
    if (labels.length < 2) return [toOutput(prediction, labels[0] ?? [], shares)];
    const values = Array.isArray(prediction) ? (prediction as unknown[]) : [prediction];
    return values.map((value, index) =>
      toOutput(value, labels[index] ?? [], Array.isArray(shares) ? shares[index] : null),
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

/** The one with the largest share. */
export const mostProbable = ({ probabilities }: Output): ClassProbability | null =>
  probabilities[0] ?? null;

/** A value as a person reads it; a text stands for itself. */
export function displayValue(value: unknown): string {
  if (typeof value === "number" && !Number.isInteger(value)) return String(+value.toPrecision(6));
  return typeof value === "string" ? value : (JSON.stringify(value) ?? "null");
}

function toOutput(value: unknown, labels: readonly unknown[], shares: unknown): Output {
  if (!Array.isArray(shares)) return { value, probabilities: [] };
  const bars = (shares as unknown[]).map((probability, index): ClassProbability => {
    const label = index < labels.length ? labels[index] : index;
    return {
      label: displayValue(label),
      probability: typeof probability === "number" ? probability : null,
      isPredicted: index < labels.length && label === value,
    };
  });
  return {
    value,
    probabilities: bars.sort((a, b) => (b.probability ?? -1) - (a.probability ?? -1)),
  };
}

const asSchema = (value: unknown): Schema =>
  typeof value === "object" && value !== null ? (value as Schema) : {};
