import { ButtonLink } from "~/components/ui/Button";
import { EmptyState } from "~/components/ui/EmptyState";
import { ErrorState } from "~/components/ui/ErrorState";
import { PageHeader } from "~/components/ui/PageHeader";
import { Tile, Tiles } from "~/components/ui/Tile";
import { compact, count } from "~/services/format";
import { useListing } from "~/services/listing";

export default function DashboardPage() {
  const { rows, total, isPending, error, refetch } = useListing("/api/v1/models");
  const calls = rows.reduce((sum, model) => sum + (model.usage_count ?? 0), 0);
  if (error) return <ErrorState error={error} onRetry={() => void refetch()} />;
  return (
    <>
      <PageHeader title="Dashboard" text="What your models do at this moment.">
        <ButtonLink to="/upload" look="primary">
          Upload a model
        </ButtonLink>
      </PageHeader>
      <Tiles label="Your models in figures">
        <Tile label="Models" value={isPending ? null : count(total)} />
        <Tile label="Calls so far" value={isPending ? null : compact(calls)} />
      </Tiles>
      {!isPending && rows.length === 0 && (
        <EmptyState
          title="No model yet"
          text="Upload one, and what it does is written down here."
        />
      )}
    </>
  );
}
