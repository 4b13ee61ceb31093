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

test("where all is well, every part says so", () => {
  expect(levels(healthy({}))).toEqual({
    Database: "well",
    Models: "well",
    Sandbox: "well",
    Projections: "well",
    "Rate limits": "well",
  });
});

test("what is out of order is told apart from what is limited", () => {
  const health = healthy({
    database: "out of order",
    projections: "out of order",
    rate_limits: "memory (redis away)",
    sandbox: { level: "reduced", missing: ["uid"] },
  });
  expect(levels(health)).toMatchObject({
    Database: "down",
    Projections: "down",
    "Rate limits": "limited",
    Sandbox: "limited",
  });
});

test("a part that this page does not know is shown too", () => {
  expect(levels(healthy({ artifacts: "up" }))).toMatchObject({ artifacts: "well" });
});

test("each layer of the sandbox is told of, and whether it isActive", () => {
  const health = healthy({ sandbox: { level: "none", missing: ["seccomp", "landlock"] } });
  const holding = sandboxLayers(health).filter((layer) => layer.isActive);
  expect(sandboxLevel(health)).toBe("none");
  expect(sandboxLayers(health)).toHaveLength(8);
  expect(holding).toHaveLength(6);
  expect(sandboxLayers(healthy({ sandbox: "out of order" }))).toEqual([]);
});

test("the layers are those that there are", () => {
  const path = fileURLToPath(
    new URL("../../../../inference/protocol/confinement.py", import.meta.url),
  );
  const tuple = readFileSync(path, "utf8").match(/LAYERS: .*?= \((.*?)\)/s)?.[1] ?? "";
  const names = [...tuple.matchAll(/"(\w+)"/g)].map((match) => match[1]);
  expect(sandboxLayers(healthy({})).map(({ name }) => name)).toEqual(names);
});
