import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { describeEvent, TOPICS, topicLabel } from "./eventText";

const DOMAIN = fileURLToPath(new URL("../../../../domain/", import.meta.url));
const TOPIC = /^ {8}TOPIC = "(\w+\.\w+)"$/gm;

describe("event texts", () => {
  test("exist for every event type of the domain", () => {
    const sources = readdirSync(DOMAIN).filter((name) => name.endsWith(".py"));
    const topics = sources.flatMap((name) =>
      [...readFileSync(DOMAIN + name, "utf8").matchAll(TOPIC)].map((match) => String(match[1])),
    );

    expect(topics.length).toBeGreaterThan(25);
    expect([...TOPICS].sort()).toEqual(topics.sort());
  });

  test("do not depend on optional data", () => {
    for (const topic of TOPICS)
      expect(describeEvent(topic, {}).text).not.toMatch(/undefined|null|NaN/);
  });

  test("describe the uploaded artifact", () => {
    const artifact = {
      model_type: "Pipeline",
      framework: "scikit-learn",
      framework_version: "1.9",
      size: 56_637,
    };

    expect(describeEvent("Model.Uploaded", { name: "Iris", artifact })).toEqual({
      text: "Uploaded as “Iris”; version 1 is live",
      note: "Pipeline, scikit-learn 1.9, 56.6 kB",
      tone: "success",
    });
  });

  test.each([
    [{ number: 2, label: "2" }, "Version 2 added"],
    [{ number: 2, label: "forest" }, "Version 2 added, labelled “forest”"],
  ])("include a label only if it differs from the number: %j", (data, text) => {
    expect(describeEvent("Model.VersionAdded", data).text).toBe(text);
  });

  test("include the rows and the duration of a call", () => {
    const data = { number: 1, rows: 200, queue_us: 400, inference_us: 2_700 };

    expect(describeEvent("Prediction.Served", data)).toMatchObject({
      text: "Version 1 answered 200 rows",
      note: "Latency: 3.1 ms",
    });
  });

  test("of unknown types are their topic", () => {
    expect(describeEvent("Model.Cloned", { number: 1 }).text).toBe("Model.Cloned");
  });

  test("of types begin with the kind of aggregate", () => {
    expect(topicLabel("Model.VersionAdded")).toBe("Model · version added");
    expect(topicLabel("ApiKey.Revoked")).toBe("API key · revoked");
  });
});
