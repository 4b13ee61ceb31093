import { useSearchParams } from "react-router";
import { Button } from "~/components/buttons/Button";
import { cx } from "~/components/cx";
import { LoadMore } from "~/components/data/LoadMore";
import { EmptyState } from "~/components/feedback/EmptyState";
import { ErrorState } from "~/components/feedback/ErrorState";
import { Skeleton } from "~/components/feedback/Skeleton";
import { Switch } from "~/components/forms/Switch";
import { PageHeader } from "~/components/layout/PageHeader";
import { useAuth, useUser } from "~/context/AuthContext";
import { shortId } from "~/services/text/format";
import { useChangeQuery } from "~/services/urlQuery";
import { ActivityFilters } from "./ActivityFilters";
import { type ActivityEntry, ActivityRow } from "./ActivityRow";
import { actorLabel } from "./actorLabel";
import { isFiltered, readFilters, withFilter } from "./filters";
import { groupByDay } from "./groupByDay";
import { useActivityLog, useUserNames } from "./useActivityLog";

export default function ActivityPage() {
  const { isAdmin } = useAuth();
  const [search, setSearch] = useSearchParams();
  const changeQuery = useChangeQuery();
  const filters = readFilters(search, isAdmin);
  const names = useUserNames(filters.isFullLog);
  const { rows, error, refetch, isPending, isStale, ...more } = useActivityLog(filters);
  const setFilter = (name: Parameters<typeof withFilter>[1], value: string) =>
    changeQuery((query) => withFilter(query, name, value));
  return (
    <>
      <PageHeader
        title="Activity"
        text={
          filters.isFullLog
            ? "All events of all users, except predictions."
            : "Your actions, and changes to your account and your models."
        }
      />
      <div className="mb-6 flex flex-wrap items-end justify-between gap-x-6 gap-y-4">
        <ActivityFilters filters={filters} names={names} onChange={setFilter} />
        {isAdmin && (
          <Switch
            label="The whole log"
            className="mb-1.5 text-sm"
            checked={filters.isFullLog}
            onChange={({ target }) => setSearch(target.checked ? { log: "all" } : {})}
          />
        )}
      </div>
      {error ? (
        <ErrorState error={error} onRetry={() => void refetch()} />
      ) : isPending ? (
        <LogSkeleton />
      ) : (
        <div className={cx(isStale && "opacity-60 transition-opacity")} aria-busy={isStale}>
          <ActivityLog
            rows={rows}
            names={names}
            onStream={filters.isFullLog ? (id) => setFilter("stream", id) : null}
          />
          {rows.length === 0 && (
            <NoEntries
              isFiltered={isFiltered(filters)}
              onClear={() => setSearch(filters.isFullLog ? { log: "all" } : {})}
            />
          )}
        </div>
      )}
      <LoadMore shown={rows.length} {...more} />
    </>
  );
}

interface LogProps {
  rows: readonly ActivityEntry[];
  names: ReadonlyMap<string, string>;
  onStream: ((id: string) => void) | null;
}

function ActivityLog({ rows, names, onStream }: LogProps) {
  const context = { ownId: useUser().id, names, isFullLog: onStream !== null };
  return groupByDay(rows).map(({ title, entries }) => (
    <section key={title} aria-label={title} className="mb-8">
      <h2 className="sticky top-0 z-1 border-b border-rule-strong bg-paper py-2 text-sm font-medium text-soft">
        {title}
      </h2>
      <ol>
        {entries.map(({ row: entry, repetitions }) => (
          <ActivityRow
            key={entry.position}
            entry={entry}
            times={repetitions}
            by={actorLabel(entry.user_id, context)}
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

function NoEntries({ isFiltered, onClear }: { isFiltered: boolean; onClear: () => void }) {
  if (isFiltered) {
    return (
      <EmptyState title="No matching events" text="No event matches all of the filters.">
        <Button onClick={onClear}>Clear the filters</Button>
      </EmptyState>
    );
  }
  return (
    <EmptyState
      title="Nothing yet"
      text="Sign-ins, uploads, promotions, renames and API keys are recorded here permanently."
    />
  );
}

const SKELETON_ROWS = 8;

function LogSkeleton() {
  return (
    <div role="status" aria-label="Loading">
      <Skeleton className="my-2 h-5 w-24" />
      {Array.from({ length: SKELETON_ROWS }, (_, row) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: these rows are all alike
        <div key={row} className="border-b py-2 sm:pl-[6.5rem]">
          <Skeleton className="mb-1 h-5 w-64 max-w-full" />
          <Skeleton className="h-4 w-32" />
        </div>
      ))}
    </div>
  );
}
