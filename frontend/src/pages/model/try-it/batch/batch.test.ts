import { describe, expect, it } from "vitest";
import { inputShape } from "~/pages/model/signature/inputShape";
import { toOutputs } from "~/pages/model/signature/outputs";
import { parseCsv, toCsv } from "~/services/text/csv";
import { readBatch, resultsCsv, toChunks } from "./batch";

const SHAPE = inputShape({
  type: "object",
  properties: {
    town: { type: ["string", "null"] },
    price: { type: "number" },
  },
});
const CLASSES = { properties: { predictions: { items: { enum: ["no", "yes"] } } } };

describe("CSV", () => {
  it("is parsed with quoted line breaks and any usual delimiter", () => {
    expect(parseCsv('\uFEFFa;b\r\n"x;""y""\nz";2\r\n')).toEqual({
      header: ["a", "b"],
      rows: [['x;"y"\nz', "2"]],
    });
    expect(parseCsv("a,b\n1,\n\n2,3").rows).toEqual([
      ["1", ""],
      ["2", "3"],
    ]);
  });

  it("has a readable error if it is malformed", () => {
    expect(() => parseCsv("")).toThrow("empty");
    expect(() => parseCsv("a,b")).toThrow("no row");
    expect(() => parseCsv("a,b\n1")).toThrow("Row 1 has 1 fields, the header has 2");
    expect(() => parseCsv('a\n"1')).toThrow("never closed");
  });

  it("is written without formulas", () => {
    expect(toCsv([["=1+1", -1, null, 'a"b', [1]]])).toBe('\'=1+1,-1,,"a""b",[1]\r\n');
    expect(toCsv([["＝1+1", "\n=1"]])).toBe("'＝1+1,\"'\n=1\"\r\n");
  });

  it("is unchanged by writing and parsing", () => {
    const rows = [
      ["a", "b"],
      ["1,2", "x\r\ny"],
    ];
    expect(parseCsv(toCsv(rows))).toEqual({ header: rows[0], rows: [rows[1]] });
  });
});

describe("a batch file", () => {
  it("is mapped to the model's columns by name", () => {
    const batch = readBatch(SHAPE, parseCsv("id,price,town\n7,1.5,Ulm\n8,2,\n"));
    expect(batch).toEqual({
      rows: [
        { town: "Ulm", price: 1.5 },
        { town: null, price: 2 },
      ],
      ignoredColumns: ["id"],
    });
  });

  it("reports missing columns", () => {
    expect(() => readBatch(SHAPE, parseCsv("town,prise\na,1"))).toThrow(
      "A column is missing: “price”. The header has “town”, “prise”.",
    );
  });

  it("reports invalid values by row", () => {
    expect(() => readBatch(SHAPE, parseCsv("town,price\na,1\nb,x"))).toThrow(
      "Row 2, price: a number is expected.",
    );
  });

  it("is mapped by position if the model has no column names", () => {
    const listed = inputShape({ properties: { x0: { type: "number" }, x1: { type: "number" } } });
    expect(readBatch(listed, parseCsv("sepal,petal\n1,2")).rows).toEqual([{ x0: 1, x1: 2 }]);
  });

  it("is split into chunks of a hundred rows", () => {
    const rows = Array.from({ length: 250 }, (_, i) => ({ town: "a", price: i }));
    expect(toChunks(SHAPE, rows).map((part) => part.length)).toEqual([100, 100, 50]);
  });

  it("is exported with its predictions", () => {
    const rows = [
      { town: "Ulm", price: 1 },
      { town: null, price: 2 },
    ];
    const results = [
      { prediction: "yes", probabilities: [0.25, 0.75] },
      { prediction: "no", probabilities: [0.9, 0.1] },
    ];
    expect(resultsCsv(SHAPE, rows, results, CLASSES)).toBe(
      "town,price,prediction,probability_no,probability_yes\r\n" +
        "Ulm,1,yes,0.25,0.75\r\n,2,no,0.9,0.1\r\n",
    );
  });
});

describe("an output", () => {
  it("has class probabilities, the highest first", () => {
    const [row] = toOutputs({ predictions: ["yes"], probabilities: [[0.25, 0.75]] }, CLASSES);
    expect(row?.[0]?.probabilities).toEqual([
      { label: "yes", probability: 0.75, isPredicted: true },
      { label: "no", probability: 0.25, isPredicted: false },
    ]);
  });

  it("has class probabilities per output", () => {
    const items = { prefixItems: [{ enum: [0, 1] }, { enum: ["a", "b"] }] };
    const schema = { properties: { predictions: { items } } };
    const [row] = toOutputs(
      {
        predictions: [[1, "b"]],
        probabilities: [
          [
            [0.4, 0.6],
            [0, 1],
          ],
        ],
      },
      schema,
    );
    expect(row?.map(({ value, probabilities }) => [value, probabilities[0]?.label])).toEqual([
      [1, "1"],
      ["b", "b"],
    ]);
  });

  it("without classes is only a value", () => {
    expect(toOutputs({ predictions: [1.5], probabilities: null }, {})).toEqual([
      [{ value: 1.5, probabilities: [] }],
    ]);
  });
});
