/** How the platform is, part by part. Its answer is read also where it says that a part is down. */

import type { Schemas } from "./api";
import { refusalOfText, unreachable } from "./problems";

export type Health = Schemas["HealthView"];
export type Level = "well" | "limited" | "down";

export interface Part {
  name: string;
  level: Level;
  text: string;
}

export interface Layer {
  name: string;
  /** What it keeps a model's process from. */
  text: string;
  holds: boolean;
}

export async function fetchHealth(): Promise<Health> {
  const response = await fetch("/health", { headers: { Accept: "application/json" } }).catch(() => {
    throw unreachable();
  });
  const text = await response.text();
  const health = parsed(text);
  if (!health) throw refusalOfText(text, response.status, response.headers.get("X-Request-ID"));
  return health;
}

function parsed(text: string): Health | null {
  try {
    const answer = JSON.parse(text) as Partial<Health>;
    return answer.parts && answer.status ? (answer as Health) : null;
  } catch {
    return null;
  }
}

const UP: Readonly<Record<string, [name: string, text: string]>> = {
  database: ["Database", "PostgreSQL answers."],
  inference: ["Models", "Their processes can be started."],
};
const LIMITS: Readonly<Record<string, [Level, string]>> = {
  memory: ["well", "Counted in each process by itself."],
  redis: ["well", "Counted by all processes together, in Redis."],
  off: ["limited", "Off: nobody is limited."],
};
const LIMITS_AWAY: [Level, string] = [
  "limited",
  "Redis is away: each process counts by itself for now.",
];
const SANDBOX: Readonly<Record<string, [Level, string]>> = {
  full: ["well", "All of its layers hold."],
  reduced: ["limited", "Enough of its layers hold, not all."],
  none: ["down", "Too little holds: no model is opened."],
};

/** The parts in the order in which they matter; what this page does not know comes last. */
export function partsOf({ parts }: Health): Part[] {
  const known = Object.entries(UP).flatMap(([key, [name, text]]) =>
    key in parts ? [part(name, parts[key] === "up", text)] : [],
  );
  const others = Object.keys(parts).filter((key) => !(key in UP) && !(key in READERS));
  return [
    ...known,
    ...Object.entries(READERS).flatMap(([key, read]) => (key in parts ? [read(parts[key])] : [])),
    ...others.map((key) => part(key, parts[key] !== "out of order", String(parts[key]))),
  ];
}

const READERS: Readonly<Record<string, (value: unknown) => Part>> = {
  sandbox: (value) => {
    const [level, text] = SANDBOX[levelOf(value)] ?? ["down", "Not tried yet, or out of order."];
    return { name: "Sandbox", level, text };
  },
  projections: (value) =>
    part("Projections", typeof value === "object", "The read tables keep up with the events."),
  rate_limits: (value) => {
    const [level, text] = LIMITS[String(value)] ?? LIMITS_AWAY;
    return { name: "Rate limits", level, text };
  },
};

const part = (name: string, isWell: boolean, text: string): Part =>
  isWell ? { name, level: "well", text } : { name, level: "down", text: "Out of order." };

/** In the order in which they are put on, as `inference/protocol/confinement.py` has them. */
const LAYERS: readonly [string, string][] = [
  ["rlimits", "bounded memory, files and processes"],
  ["uid", "an account of its own, that owns nothing"],
  ["capabilities", "no rights of an administrator"],
  ["dumpable", "no look into its memory, by nobody"],
  ["no_new_privs", "no rights gained by running something"],
  ["pdeathsig", "ends with the process that started it"],
  ["landlock", "no file can be opened"],
  ["seccomp", "only the system calls that a prediction takes"],
];

export const sandboxLevel = ({ parts }: Health): string => levelOf(parts.sandbox);

export function layersOf({ parts }: Health): Layer[] {
  const missing = members(parts.sandbox).missing;
  if (!Array.isArray(missing)) return [];
  return LAYERS.map(([name, text]) => ({ name, text, holds: !missing.includes(name) }));
}

const levelOf = (value: unknown): string => String(members(value).level ?? "unknown");
const members = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
