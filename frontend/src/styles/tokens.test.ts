import { readFileSync } from "node:fs";
import { expect, test } from "vitest";

const CSS = readFileSync(new URL("./tokens.css", import.meta.url), "utf8");
const READABLE = 4.5;
const VISIBLE = 3;
const GROUNDS = ["paper", "raised", "sunken"];
const TEXTS = ["ink", "soft", "faint", "accent", "success", "warn", "danger"];
const PAIRS: [string, string, number][] = [
  ...GROUNDS.flatMap((ground) =>
    TEXTS.map((text): [string, string, number] => [text, ground, READABLE]),
  ),
  ...["accent", "success", "warn", "danger"].map((tone): [string, string, number] => [
    tone,
    `${tone}-soft`,
    READABLE,
  ]),
  ["on-accent", "accent", READABLE],
  ["on-accent", "accent-hover", READABLE],
  ["on-danger", "danger", READABLE],
  ["paper", "ink", READABLE],
  ...GROUNDS.map((ground): [string, string, number] => ["rule-strong", ground, VISIBLE]),
];

function coloursOf(theme: string): Map<string, string> {
  const block = CSS.split(`[data-theme="${theme}"] {`)[1]?.split("}")[0] ?? "";
  return new Map(
    [...block.matchAll(/--([\w-]+): (#[0-9a-f]{6});/g)].map((m) => [m[1] ?? "", m[2] ?? ""]),
  );
}

function luminance(hex: string): number {
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(one: string, two: string): number {
  const [dark = 0, light = 0] = [luminance(one), luminance(two)].sort((a, b) => a - b);
  return (light + 0.05) / (dark + 0.05);
}

test.each(["light", "dark"])("the %s theme has sufficient contrast", (theme) => {
  const colours = coloursOf(theme);
  const faint = PAIRS.filter(([text, ground, least]) => {
    return contrast(colours.get(text) ?? "#000000", colours.get(ground) ?? "#000000") < least;
  });
  expect(faint).toEqual([]);
});
