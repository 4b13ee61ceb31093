import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { describeEvent, TOPICS, topicLabel } from "./eventText";

const DOMAIN = fileURLToPath(new URL("../../../../domain/", import.meta.url));
const TOPIC = /^ {8}TOPIC = "(\w+\.\w+)"$/gm;

describe("words", () => {
  test("there are some for every kind of event that the platform records", () => {
    const sources = readdirSync(DOMAIN).filter((name) => name.endsWith(".py"));
    const topics = sources.flatMap((name) =>
      [...readFileSync(DOMAIN + name, "utf8").matchAll(TOPIC)].map((match) => String(match[1])),
    );

    expect(topics.length).toBeGreaterThan(25);
    expect([...TOPICS].sort()).toEqual(topics.sort());
  });

  test("none of them needs more than the event may hold", () => {
    for (const topic of TOPICS)
      expect(describeEvent(topic, {}).text).not.toMatch(/undefined|null|NaN/);
  });

  test("an upload says what was uploaded", () => {
    const artifact = {
      model_type: "Pipeline",
      framework: "scikit-learn",
      framework_version: "1.9",
      size: 56_637,
    };

    expect(describeEvent("Model.Uploaded", { name: "Iris", artifact })).toEqual({
      text: "Uploaded as “Iris”; version 1 serves",
      note: "Pipeline, scikit-learn 1.9, 56.6 kB",
      tone: "success",
    });
  });

  test.each([
    [{ number: 2, label: "2" }, "Version 2 added"],
    [{ number: 2, label: "forest" }, "Version 2 added, labelled “forest”"],
  ])("a label is told where it says something: %j", (data, text) => {
    expect(describeEvent("Model.VersionAdded", data).text).toBe(text);
  });

  test("a call says how many rows it had and how long it took", () => {
    const data = { number: 1, rows: 200, queue_us: 400, inference_us: 2_700 };

    expect(describeEvent("Prediction.Served", data)).toMatchObject({
      text: "Version 1 answered 200 rows",
      note: "It took 3.1 ms.",
    });
  });

  test("a kind that is not known yet is called by its name", () => {
    expect(describeEvent("Model.Cloned", { number: 1 }).text).toBe("Model.Cloned");
  });

  test("kinds are listed by what they are about", () => {
    expect(topicLabel("Model.VersionAdded")).toBe("Model · version added");
    expect(topicLabel("ApiKey.Revoked")).toBe("API key · revoked");
  });
});
