import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { type Health, healthParts, sandboxLayers, sandboxLevel } from "./healthReport";

const healthy = (parts: Health["parts"]): Health => ({
  status: "healthy",
  service: "ML Deployment Platform",
  version: "0.1.0",
  parts: {
    database: "up",
    inference: "up",
    sandbox: { level: "full", missing: [] },
    projections: { lag_events: 0, lag_seconds: 0, parked: 0 },
    rate_limits: "memory",
    ...parts,
  },
});
const levels = (health: Health) =>
  Object.fromEntries(healthParts(health).map(({ name, level }) => [name, level]));

test("every part of a healthy platform is well", () => {
  expect(levels(healthy({}))).toEqual({
    Database: "well",
    Models: "well",
    Sandbox: "well",
    Projections: "well",
    "Rate limits": "well",
  });
});

test("failed parts are distinguished from limited ones", () => {
  const health = healthy({
    database: "out of order",
    projections: "out of order",
    rate_limits: "memory (redis unavailable)",
    sandbox: { level: "reduced", missing: ["uid"] },
  });
  expect(levels(health)).toMatchObject({
    Database: "down",
    Projections: "down",
    "Rate limits": "limited",
    Sandbox: "limited",
  });
});

test("an unknown part is shown", () => {
  expect(levels(healthy({ artifacts: "up" }))).toMatchObject({ artifacts: "well" });
});

test("each sandbox layer is listed with whether it is active", () => {
  const health = healthy({ sandbox: { level: "none", missing: ["seccomp", "landlock"] } });
  const holding = sandboxLayers(health).filter((layer) => layer.isActive);
  expect(sandboxLevel(health)).toBe("none");
  expect(sandboxLayers(health)).toHaveLength(8);
  expect(holding).toHaveLength(6);
  expect(sandboxLayers(healthy({ sandbox: "out of order" }))).toEqual([]);
});

test("the sandbox layers match the implementation", () => {
  const path = fileURLToPath(
    new URL("../../../../inference/protocol/sandbox_report.py", import.meta.url),
  );
  const tuple = readFileSync(path, "utf8").match(/Layer = Literal\[(.*?)\]/s)?.[1] ?? "";
  const names = [...tuple.matchAll(/"(\w+)"/g)].map((match) => match[1]);
  expect(sandboxLayers(healthy({})).map(({ name }) => name)).toEqual(names);
});
