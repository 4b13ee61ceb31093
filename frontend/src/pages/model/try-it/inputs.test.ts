import { describe, expect, it } from "vitest";
import { type InputColumn, inputShape, toApiRow } from "../signature/inputShape";
import { cellText, parseCell, parseServerError, validateRows } from "./cells";
import { parseJson, toJson, toRows } from "./requestBody";
import { codeSnippet, toPython } from "./snippets";

const column = (name: string, type: unknown, more = {}) => ({
  [name]: { title: name, type, ...more },
});
const table = (properties: object, example?: unknown) => ({
  anyOf: [
    { type: "object", properties, required: Object.keys(properties), additionalProperties: false },
    { type: "array", prefixItems: Object.values(properties) },
  ],
  ...(example === undefined ? {} : { examples: [example] }),
});
const ORDERS = table(
  {
    ...column("day", ["string", "null"], { format: "date-time" }),
    ...column("town", "string"),
    ...column("price", "number"),
    ...column("count", "integer"),
    ...column("gift", "boolean"),
    ...column("misc", ["number", "string", "boolean"]),
  },
  { day: "2026-01-05", town: "Ulm", price: 1.5, count: 2, gift: true, misc: "a" },
);
const IRIS = table({ ...column("x0", "number"), ...column("x1", ["number", "null"]) });

describe("the input shape", () => {
  it("has a column for each property, with its kind and whether it may be null", () => {
    const { form, columns, example } = inputShape(ORDERS);
    expect(form).toBe("named");
    expect(columns.map(({ kind }) => kind)).toEqual([
      "datetime",
      "text",
      "number",
      "integer",
      "boolean",
      "any",
    ]);
    expect(columns.map(({ isNullable }) => isNullable)).toEqual([
      true,
      false,
      false,
      false,
      false,
      false,
    ]);
    expect(example).toMatchObject({ town: "Ulm", gift: true });
  });

  it("is listed if the column names are generated", () => {
    const shape = inputShape(IRIS);
    expect(shape.form).toBe("listed");
    expect(toApiRow(shape, { x0: 1, x1: null })).toEqual([1, null]);
  });

  it("is a text for models of texts", () => {
    const shape = inputShape({ type: "string", title: "text", examples: ["a film"] });
    expect(shape).toMatchObject({ form: "texts", example: { text: "a film" } });
    expect(toApiRow(shape, { text: "b" })).toBe("b");
  });

  it("uses an example if the number of columns is unknown", () => {
    const schema = { type: "array", items: { type: ["number", "null"] }, examples: [[1, 2, 3]] };
    expect(inputShape(schema).columns).toHaveLength(3);
    expect(inputShape({ type: "array", items: { type: "number" } }).form).toBe("unknown");
  });

  it("supports schemas written by the owner", () => {
    expect(inputShape({ note: "ask Ada" }).form).toBe("unknown");
    const plan = column("plan", "string", { enum: ["basic", "team"] });
    const shape = inputShape({ type: "object", properties: plan });
    expect(shape.columns[0]?.choices).toEqual(["basic", "team"]);
    expect(shape.example).toEqual({ plan: "basic" });
  });
});

describe("a field", () => {
  const of = (kind: InputColumn["kind"], isNullable = false): InputColumn => ({
    name: "a",
    kind,
    isNullable,
    choices: null,
  });

  it.each([
    ["number", "1e-3", 0.001],
    ["number", " 5. ", 5],
    ["number", "five", "five"],
    ["number", "", null],
    ["number", "0x10", "0x10"],
    ["text", " a ", " a "],
    ["any", "12", 12],
    ["any", '"12"', "12"],
    ["any", "true", true],
    ["any", "", ""],
    ["boolean", "TRUE", true],
  ] as const)("of %s reads %j as %j", (kind, text, value) => {
    expect(parseCell(of(kind), text)).toBe(value);
  });

  it("quotes a text that looks like a number", () => {
    expect(cellText("any", "12")).toBe('"12"');
    expect(parseCell(of("any"), cellText("any", "true"))).toBe("true");
  });

  it("reports missing, unknown and invalid values", () => {
    const shape = inputShape(ORDERS);
    const errors = validateRows(shape, [{ ...shape.example, count: 1.5, town: null, other: 1 }]);
    expect(errors).toEqual([
      { row: 0, column: "town", message: "a value is needed" },
      { row: 0, column: "count", message: "an integer is expected" },
      { row: 0, column: "other", message: "the model has no such column" },
    ]);
  });
});

describe("the server's error on a value", () => {
  const columns = inputShape(
    table({ ...column("it's", "number"), ...column("a: b", "number") }),
  ).columns;

  it("is assigned to its column, however the name is quoted", () => {
    const message = `Row 1, column "it's": text where a number is expected.`;
    expect(parseServerError(message, columns)).toEqual({
      row: 1,
      column: "it's",
      message: "text where a number is expected",
    });
    expect(parseServerError("Row 0, column 'a: b': null is not allowed.", columns)?.column).toBe(
      "a: b",
    );
  });

  it("is not assigned if it names no column", () => {
    expect(parseServerError("The model is deactivated.", columns)).toBeNull();
  });
});

describe("the body", () => {
  const shape = inputShape(ORDERS);

  it("is unchanged by writing and parsing", () => {
    for (const rows of [[shape.example], [shape.example, { ...shape.example, day: null }]]) {
      expect(parseJson(shape, toJson(shape, { rows }))).toEqual({ request: { rows } });
    }
  });

  it("is accepted in each form of the API", () => {
    const split = { columns: Object.keys(shape.example), data: [Object.values(shape.example)] };
    for (const body of [
      shape.example,
      [shape.example],
      { inputs: [shape.example] },
      { dataframe_split: split },
      { instances: [Object.values(shape.example)] },
    ]) {
      expect(parseJson(shape, JSON.stringify(body))).toEqual({
        request: { rows: [shape.example] },
      });
    }
  });

  it("is sent unchanged if the form cannot show it", () => {
    const parsed = parseJson(shape, '{"input_data": [[1, [2]]]}');
    expect(parsed).toEqual({ request: { input: [[1, [2]]] } });
  });

  it("has an error if it is not JSON", () => {
    expect(parseJson(shape, "{")).toHaveProperty("error");
    expect(parseJson(shape, "[]")).toEqual({ error: "There is no row in it." });
  });

  it("may be an array of rows of one value each", () => {
    const single = inputShape(table(column("x0", "number")));
    expect(toRows(single, [1, 2])).toEqual([{ x0: 1 }, { x0: 2 }]);
    expect(toRows(inputShape(IRIS), [1, 2])).toEqual([{ x0: 1, x1: 2 }]);
  });
});

describe("a snippet", () => {
  const call = {
    origin: "https://m.example",
    modelId: "ID",
    version: 2,
    input: { a: "it's", b: null },
  };

  it("names the version and is quoted for the shell", () => {
    const code = codeSnippet("curl", call);
    expect(code).toContain("https://m.example/api/v1/models/ID/predict?version=2");
    expect(code).toContain(`'{"input_data":{"a":"it'\\''s","b":null}}'`);
  });

  it("uses Python literals in Python", () => {
    expect(toPython([true, null, { a: [1.5] }])).toBe('[True, None, {"a": [1.5]}]');
  });

  it("uses JavaScript literals in JavaScript", () => {
    expect(codeSnippet("javascript", call)).toContain('input_data: { "a": "it\'s", "b": null }');
  });
});
