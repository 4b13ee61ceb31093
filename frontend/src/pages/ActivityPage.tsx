import { useSearchParams } from "react-router";
import { Button } from "~/components/ui/Button";
import { cx } from "~/components/ui/cx";
import { EmptyState } from "~/components/ui/EmptyState";
import { ErrorState } from "~/components/ui/ErrorState";
import { LoadMore } from "~/components/ui/LoadMore";
import { PageHeader } from "~/components/ui/PageHeader";
import { Skeleton } from "~/components/ui/Skeleton";
import { Switch } from "~/components/ui/Switch";
import { useAuth, useUser } from "~/context/AuthContext";
import { shortId } from "~/services/format";
import { ActivityFilters } from "./activity/ActivityFilters";
import { actorOf } from "./activity/actor";
import { byDay } from "./activity/days";
import { type Entry, EntryRow } from "./activity/Entry";
import { filtersOf, isFiltered, withFilter } from "./activity/filters";
import { useLog, useNames } from "./activity/useLog";

export default function ActivityPage() {
  const { isAdmin } = useAuth();
  const [search, setSearch] = useSearchParams();
  const filters = filtersOf(search, isAdmin);
  const names = useNames(filters.isWhole);
  const { rows, error, refetch, isPending, isStale, ...more } = useLog(filters);
  const change = (name: Parameters<typeof withFilter>[1], value: string) =>
    setSearch(withFilter(search, name, value), { replace: true });
  return (
    <>
      <PageHeader
        title="Activity"
        text={
          filters.isWhole
            ? "Everything that was done by anybody, but the predictions."
            : "What you did, and what was done to your account and your models."
        }
      />
      <div className="mb-6 flex flex-wrap items-end justify-between gap-x-6 gap-y-4">
        <ActivityFilters filters={filters} names={names} onChange={change} />
        {isAdmin && (
          <Switch
            label="The whole log"
            className="mb-1.5 text-sm"
            checked={filters.isWhole}
            onChange={({ target }) => setSearch(target.checked ? { log: "all" } : {})}
          />
        )}
      </div>
      {error ? (
        <ErrorState error={error} onRetry={() => void refetch()} />
      ) : isPending ? (
        <Pending />
      ) : (
        <div className={cx(isStale && "opacity-60 transition-opacity")} aria-busy={isStale}>
          <Log
            rows={rows}
            names={names}
            onStream={filters.isWhole ? (id) => change("stream", id) : null}
          />
          {rows.length === 0 && (
            <Nothing
              isFiltered={isFiltered(filters)}
              onClear={() => setSearch(filters.isWhole ? { log: "all" } : {})}
            />
          )}
        </div>
      )}
      <LoadMore shown={rows.length} {...more} />
    </>
  );
}

interface LogProps {
  rows: readonly Entry[];
  names: ReadonlyMap<string, string>;
  onStream: ((id: string) => void) | null;
}

function Log({ rows, names, onStream }: LogProps) {
  const known = { me: useUser().id, names, isWhole: onStream !== null };
  return byDay(rows).map(({ title, lines }) => (
    <section key={title} aria-label={title} className="mb-8">
      <h2 className="sticky top-0 z-1 border-b border-rule-strong bg-paper py-2 text-sm font-medium text-soft">
        {title}
      </h2>
      <ol>
        {lines.map(({ row: entry, times }) => (
          <EntryRow
            key={entry.position}
            entry={entry}
            times={times}
            by={actorOf(entry.user_id, known)}
            streamLink={
              onStream && (
                <button
                  type="button"
                  onClick={() => onStream(entry.stream_id)}
                  className="underline underline-offset-2 hover:text-ink"
                >
                  only {shortId(entry.stream_id)}
                </button>
              )
            }
          />
        ))}
      </ol>
    </section>
  ));
}

function Nothing({ isFiltered, onClear }: { isFiltered: boolean; onClear: () => void }) {
  if (isFiltered) {
    return (
      <EmptyState title="Nothing like that" text="Nothing in the log fits all of these filters.">
        <Button onClick={onClear}>Clear the filters</Button>
      </EmptyState>
    );
  }
  return (
    <EmptyState
      title="Nothing yet"
      text="Sign-ins, uploads, promotions, renames, keys: whatever is done is written down here, and stays."
    />
  );
}

const ROWS_PENDING = 8;

function Pending() {
  return (
    <div role="status" aria-label="Loading">
      <Skeleton className="my-2 h-5 w-24" />
      {Array.from({ length: ROWS_PENDING }, (_, row) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: these rows are all alike
        <div key={row} className="border-b py-2 sm:pl-[6.5rem]">
          <Skeleton className="mb-1 h-5 w-64 max-w-full" />
          <Skeleton className="h-4 w-32" />
        </div>
      ))}
    </div>
  );
}
