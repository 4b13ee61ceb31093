/** What a model answered, as rows of values with the probabilities of their classes. */

export interface Bar {
  label: string;
  /** From 0 to 1; null where the model gave no finite number. */
  share: number | null;
  isAnswer: boolean;
}

/** One value of an answer: models with several outputs give several for a row. */
export interface Output {
  value: unknown;
  /** The most probable first; empty where the model gives no probabilities. */
  bars: readonly Bar[];
}

interface Answered {
  predictions: readonly unknown[];
  probabilities: readonly unknown[] | null;
}

type Schema = Readonly<Record<string, unknown>>;

/** For each row, its outputs. */
export function outputsOf({ predictions, probabilities }: Answered, schema: unknown): Output[][] {
  const labels = labelsOf(schema);
  return predictions.map((prediction, row) => {
    const shares = probabilities?.[row];
    if (labels.length < 2) return [output(prediction, labels[0] ?? [], shares)];
    const values = Array.isArray(prediction) ? (prediction as unknown[]) : [prediction];
    return values.map((value, index) =>
      output(value, labels[index] ?? [], Array.isArray(shares) ? shares[index] : null),
    );
  });
}

/** The classes of each output, in the order of the probabilities. */
export function labelsOf(schema: unknown): unknown[][] {
  const { predictions } = asSchema(asSchema(schema).properties);
  const items = asSchema(asSchema(predictions).items);
  const outputs = Array.isArray(items.prefixItems) ? items.prefixItems.map(asSchema) : [items];
  const labels = outputs.map((each) => (Array.isArray(each.enum) ? (each.enum as unknown[]) : []));
  return labels.some((each) => each.length > 0) ? labels : [];
}

/** The one with the largest share. */
export const surest = ({ bars }: Output): Bar | null => bars[0] ?? null;

/** A value as a person reads it; a text stands for itself. */
export function shown(value: unknown): string {
  if (typeof value === "number" && !Number.isInteger(value)) return String(+value.toPrecision(6));
  return typeof value === "string" ? value : (JSON.stringify(value) ?? "null");
}

function output(value: unknown, labels: readonly unknown[], shares: unknown): Output {
  if (!Array.isArray(shares)) return { value, bars: [] };
  const bars = (shares as unknown[]).map((share, index): Bar => {
    const label = index < labels.length ? labels[index] : index;
    return {
      label: shown(label),
      share: typeof share === "number" ? share : null,
      isAnswer: index < labels.length && label === value,
    };
  });
  return { value, bars: bars.sort((a, b) => (b.share ?? -1) - (a.share ?? -1)) };
}

const asSchema = (value: unknown): Schema =>
  typeof value === "object" && value !== null ? (value as Schema) : {};
