/** The health of each part of the platform. A 503 response has the same body. */

import type { Schemas } from "~/services/api/client";
import { parseApiError, unreachableError } from "~/services/api/errors";

export type Health = Schemas["HealthView"];
export type Level = "well" | "limited" | "down";

export interface Part {
  name: string;
  level: Level;
  text: string;
}

export interface Layer {
  name: string;
  /** What it prevents a model process from doing. */
  text: string;
  isActive: boolean;
}

export async function fetchHealth(): Promise<Health> {
  const response = await fetch("/health", { headers: { Accept: "application/json" } }).catch(() => {
    throw unreachableError();
  });
  const text = await response.text();
  const health = parseHealth(text);
  if (!health) throw parseApiError(text, response.status, response.headers.get("X-Request-ID"));
  return health;
}

function parseHealth(text: string): Health | null {
  try {
    const health = JSON.parse(text) as Partial<Health>;
    return health.parts && health.status ? (health as Health) : null;
  } catch {
    return null;
  }
}

const UP_TEXTS: Readonly<Record<string, [name: string, text: string]>> = {
  database: ["Database", "PostgreSQL responds."],
  inference: ["Models", "Their processes can be started."],
};
const RATE_LIMIT_TEXTS: Readonly<Record<string, [Level, string]>> = {
  memory: ["well", "Counted by each process separately."],
  redis: ["well", "Counted by all processes together, in Redis."],
  off: ["limited", "Off: calls are not limited."],
};
const REDIS_UNAVAILABLE: [Level, string] = [
  "limited",
  "Redis is unavailable: each process counts separately.",
];
const SANDBOX_TEXTS: Readonly<Record<string, [Level, string]>> = {
  full: ["well", "All of its layers are active."],
  reduced: ["limited", "Enough of its layers are active, but not all."],
  none: ["down", "Too few layers are active: no model is opened."],
};

/** The parts in order of importance; parts that this page does not know come last. */
export function healthParts({ parts }: Health): Part[] {
  const known = Object.entries(UP_TEXTS).flatMap(([key, [name, text]]) =>
    key in parts ? [part(name, parts[key] === "up", text)] : [],
  );
  const others = Object.keys(parts).filter((key) => !(key in UP_TEXTS) && !(key in READERS));
  return [
    ...known,
    ...Object.entries(READERS).flatMap(([key, read]) => (key in parts ? [read(parts[key])] : [])),
    ...others.map((key) => part(key, parts[key] !== "out of order", String(parts[key]))),
  ];
}

const READERS: Readonly<Record<string, (value: unknown) => Part>> = {
  sandbox: (value) => {
    const [level, text] = SANDBOX_TEXTS[sandboxLevelOf(value)] ?? [
      "down",
      "Not tested yet, or out of order.",
    ];
    return { name: "Sandbox", level, text };
  },
  projections: (value) =>
    part("Projections", typeof value === "object", "The read tables keep up with the events."),
  rate_limits: (value) => {
    const [level, text] = RATE_LIMIT_TEXTS[String(value)] ?? REDIS_UNAVAILABLE;
    return { name: "Rate limits", level, text };
  },
};

const part = (name: string, isUp: boolean, text: string): Part =>
  isUp ? { name, level: "well", text } : { name, level: "down", text: "Out of order." };

/** In the order of `LAYERS` in `inference/protocol/sandbox_report.py`. */
const LAYERS: readonly [string, string][] = [
  ["rlimits", "bounded memory, files and processes"],
  ["uid", "a separate account that owns nothing"],
  ["capabilities", "no administrator rights"],
  ["dumpable", "no process can read its memory"],
  ["no_new_privs", "no rights gained by running a program"],
  ["pdeathsig", "ends with the process that started it"],
  ["landlock", "no file can be opened"],
  ["seccomp", "only the system calls that a prediction needs"],
];

export const sandboxLevel = ({ parts }: Health): string => sandboxLevelOf(parts.sandbox);

export function sandboxLayers({ parts }: Health): Layer[] {
  const missing = members(parts.sandbox).missing;
  if (!Array.isArray(missing)) return [];
  return LAYERS.map(([name, text]) => ({ name, text, isActive: !missing.includes(name) }));
}

const sandboxLevelOf = (value: unknown): string => String(members(value).level ?? "unknown");
const members = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
