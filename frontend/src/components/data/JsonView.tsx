/** JSON as a tree that can be expanded. Values are rendered as text only. */

import { count, plural } from "~/services/text/format";

const OPEN_DEPTH = 2;
const ITEMS_MAX = 200;

export function JsonView({ value, label = "JSON" }: { value: unknown; label?: string }) {
  return (
    <section aria-label={label} className="overflow-x-auto font-mono text-sm leading-6">
      <Value value={value} depth={0} />
    </section>
  );
}

function Value({ value, name, depth }: { value: unknown; name?: string; depth: number }) {
  const before = name === undefined ? null : <span className="text-soft">{name}: </span>;
  if (typeof value !== "object" || value === null) {
    return (
      <div className="pl-4 [overflow-wrap:anywhere]">
        {before}
        <Primitive value={value} />
      </div>
    );
  }
  const entries = Object.entries(value);
  const size = Array.isArray(value)
    ? plural(entries.length, "item")
    : plural(entries.length, "member");
  return (
    <details
      open={depth < OPEN_DEPTH && entries.length <= ITEMS_MAX}
      className={depth > 0 ? "pl-4" : undefined}
    >
      <summary className="rounded-sm hover:bg-sunken">
        {before}
        <span className="text-faint">{Array.isArray(value) ? `[ ${size} ]` : `{ ${size} }`}</span>
      </summary>
      <div className="ml-1 border-l">
        {entries.slice(0, ITEMS_MAX).map(([key, each]) => (
          <Value key={key} name={key} value={each} depth={depth + 1} />
        ))}
        {entries.length > ITEMS_MAX && (
          <p className="pl-4 text-faint">and {count(entries.length - ITEMS_MAX)} more</p>
        )}
      </div>
    </details>
  );
}

function Primitive({ value }: { value: unknown }) {
  if (typeof value === "string")
    return <span className="text-success">{JSON.stringify(value)}</span>;
  if (typeof value === "number") return <span className="text-accent">{String(value)}</span>;
  return <span className="text-warn">{String(value)}</span>;
}
