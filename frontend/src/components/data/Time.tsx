import { useEffect, useState } from "react";
import { dateTime, relativeTime } from "~/services/text/format";

const TICK_MS = 15_000;

/** A time relative to now, with the exact time in the tooltip, or the other way round. */
export function Time({ at, isAbsolute }: { at: string | null | undefined; isAbsolute?: boolean }) {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    if (isAbsolute) return;
    const timer = setInterval(() => setNow(Date.now()), TICK_MS);
    return () => clearInterval(timer);
  }, [isAbsolute]);
  if (!at) return <span className="text-faint">–</span>;
  const latest = Math.max(now, Date.now());
  return (
    <time
      dateTime={at}
      title={isAbsolute ? relativeTime(at, latest) : dateTime(at)}
      className="figures whitespace-nowrap"
    >
      {isAbsolute ? dateTime(at) : relativeTime(at, latest)}
    </time>
  );
}
