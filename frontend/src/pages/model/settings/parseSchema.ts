/** Parses a JSON Schema that was written by hand. */

export type ParsedSchema = { schema: Record<string, unknown> } | { error: string };

const DEPTH_MAX = 50;

export function parseSchema(text: string): ParsedSchema {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return { error: `This is not JSON: ${error instanceof Error ? error.message : error}` };
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return { error: "A schema is an object: it begins with {." };
  }
  if (depthOf(value) > DEPTH_MAX) return { error: `It is nested more than ${DEPTH_MAX} deep.` };
  return { schema: value as Record<string, unknown> };
}

function depthOf(value: unknown): number {
  if (typeof value !== "object" || value === null) return 0;
  return 1 + Math.max(0, ...Object.values(value).map(depthOf));
}
