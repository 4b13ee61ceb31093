/** What a row of input is, read from the schema that the model is described by. */

export type Kind = "number" | "integer" | "text" | "boolean" | "datetime" | "any";
export type Value = string | number | boolean | null;
export type Row = Readonly<Record<string, Value>>;

export interface InputColumn {
  name: string;
  kind: Kind;
  isNullable: boolean;
  /** Where only some values make sense. */
  choices: readonly Value[] | null;
}

export interface InputShape {
  /** Rows are objects by name, lists, or bare texts; `unknown` is what no form can be made for. */
  form: "named" | "listed" | "texts" | "unknown";
  columns: readonly InputColumn[];
  /** A row to begin with. */
  example: Row;
}

type Schema = Readonly<Record<string, unknown>>;

/** The one column of models that take texts; the server takes it by this name, too. */
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

/** A row as a list or an object of the API, by the names of its columns; null where it is none. */
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

/** A row as the API takes it. */
export function toApiRow(shape: InputShape, row: Row): unknown {
  if (shape.form === "texts") return row[TEXT_COLUMN] ?? null;
  return shape.form === "listed" ? shape.columns.map(({ name }) => row[name] ?? null) : row;
}

export const isValue = (value: unknown): value is Value =>
  value === null || ["string", "number", "boolean"].includes(typeof value);

/** The example of a model, or what a column of its kind looks like. */
export const exampleValue = ({ kind, choices }: InputColumn): Value =>
  choices?.[0] ?? EXAMPLES[kind];

function tableShape(properties: Schema, given: unknown): InputShape {
  const columns = Object.entries(properties).map(([name, each]) => toColumn(name, asSchema(each)));
  // A model that knows no names calls its columns so, and is better asked with lists.
  const isListed = columns.every(({ name }, index) => name === `x${index}`);
  const shape: InputShape = { form: isListed ? "listed" : "named", columns, example: {} };
  const example = toRow(shape, given);
  const blank = Object.fromEntries(columns.map((each) => [each.name, exampleValue(each)]));
  return { ...shape, example: { ...blank, ...example } };
}

/** Nobody told how many columns there are, but an example shows it. */
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
  const told = types.filter((type) => type !== "null");
  return (told.length === 1 && KINDS[told[0] ?? ""]) || "any";
}

const columnName = ({ columns }: InputShape, index: number): string => columns[index]?.name ?? "";

const asSchema = (value: unknown): Schema =>
  typeof value === "object" && value !== null ? (value as Schema) : {};
