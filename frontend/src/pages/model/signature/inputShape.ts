/** The columns of an input row, read from the model's input schema. */

export type Kind = "number" | "integer" | "text" | "boolean" | "datetime" | "any";
export type Value = string | number | boolean | null;
export type Row = Readonly<Record<string, Value>>;

export interface InputColumn {
  name: string;
  kind: Kind;
  isNullable: boolean;
  /** The allowed values, if the schema lists them. */
  choices: readonly Value[] | null;
}

export interface InputShape {
  /**
   * `named` rows are objects, `listed` rows arrays, `texts` plain strings; `unknown` needs JSON.
   */
  form: "named" | "listed" | "texts" | "unknown";
  columns: readonly InputColumn[];
  /** An example row. */
  example: Row;
}

type Schema = Readonly<Record<string, unknown>>;

/** The only column of models that take texts; the server uses the same name. */
export const TEXT_COLUMN = "text";

const KINDS: Readonly<Record<string, Kind>> = {
  number: "number",
  integer: "integer",
  string: "text",
  boolean: "boolean",
};
const EXAMPLES: Readonly<Record<Kind, Value>> = {
  number: 0,
  integer: 0,
  text: "",
  boolean: false,
  datetime: "2026-01-01T00:00:00",
  any: 0,
};

export function inputShape(schema: unknown): InputShape {
  const row = asSchema(schema);
  const given = Array.isArray(row.examples) ? (row.examples[0] as unknown) : undefined;
  if (row.type === "string") {
    const columns = [toColumn(TEXT_COLUMN, { type: "string" })];
    return {
      form: "texts",
      columns,
      example: { [TEXT_COLUMN]: typeof given === "string" ? given : "" },
    };
  }
  const named = namedProperties(row);
  if (named) return tableShape(named, given);
  if (row.type === "array" && Array.isArray(given)) return listShape(row, given);
  return { form: "unknown", columns: [], example: {} };
}

/** A row of the API (array, object or single value) by column name; null if it is not a row. */
export function toRow(shape: InputShape, value: unknown): Row | null {
  if (shape.form === "texts" && typeof value === "string") return { [TEXT_COLUMN]: value };
  if (shape.columns.length === 1 && isValue(value)) return { [columnName(shape, 0)]: value };
  if (Array.isArray(value)) {
    return value.length === shape.columns.length && value.every(isValue)
      ? Object.fromEntries(value.map((each, index) => [columnName(shape, index), each]))
      : null;
  }
  if (typeof value !== "object" || value === null) return null;
  return Object.values(value).every(isValue) ? (value as Row) : null;
}

/** A row in the form that the API takes. */
export function toApiRow(shape: InputShape, row: Row): unknown {
  if (shape.form === "texts") return row[TEXT_COLUMN] ?? null;
  return shape.form === "listed" ? shape.columns.map(({ name }) => row[name] ?? null) : row;
}

export const isValue = (value: unknown): value is Value =>
  value === null || ["string", "number", "boolean"].includes(typeof value);

/** An example value of a column. */
export const exampleValue = ({ kind, choices }: InputColumn): Value =>
  choices?.[0] ?? EXAMPLES[kind];

function tableShape(properties: Schema, given: unknown): InputShape {
  const columns = Object.entries(properties).map(([name, each]) => toColumn(name, asSchema(each)));
  // These names are generated for models without column names, which take arrays.
  const isListed = columns.every(({ name }, index) => name === `x${index}`);
  const shape: InputShape = { form: isListed ? "listed" : "named", columns, example: {} };
  const example = toRow(shape, given);
  const blank = Object.fromEntries(columns.map((each) => [each.name, exampleValue(each)]));
  return { ...shape, example: { ...blank, ...example } };
}

/** Without known columns: their number is that of the example. */
function listShape({ items }: Schema, given: readonly unknown[]): InputShape {
  const columns = given.map((_, index) => toColumn(`x${index}`, asSchema(items)));
  const shape: InputShape = { form: "listed", columns, example: {} };
  return { ...shape, example: toRow(shape, given) ?? {} };
}

function namedProperties(row: Schema): Schema | null {
  const options = Array.isArray(row.anyOf) ? row.anyOf.map(asSchema) : [row];
  const named = options.find(({ properties }) => typeof properties === "object");
  return named ? asSchema(named.properties) : null;
}

function toColumn(name: string, schema: Schema): InputColumn {
  const types = [schema.type].flat().filter((type) => typeof type === "string");
  const choices = Array.isArray(schema.enum) ? schema.enum.filter(isValue) : null;
  return {
    name,
    kind: schema.format === "date-time" ? "datetime" : columnKind(types),
    isNullable: types.includes("null") || choices?.includes(null) === true,
    choices: choices?.filter((each) => each !== null) ?? null,
  };
}

function columnKind(types: readonly string[]): Kind {
  const kinds = types.filter((type) => type !== "null");
  return (kinds.length === 1 && KINDS[kinds[0] ?? ""]) || "any";
}

const columnName = ({ columns }: InputShape, index: number): string => columns[index]?.name ?? "";

const asSchema = (value: unknown): Schema =>
  typeof value === "object" && value !== null ? (value as Schema) : {};
