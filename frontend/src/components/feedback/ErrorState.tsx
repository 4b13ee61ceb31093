import { Button } from "~/components/buttons/Button";
import { Id } from "~/components/data/Id";
import { toApiError } from "~/services/api/errors";
import { Callout } from "./Callout";
import { EmptyState } from "./EmptyState";

/** Instead of a page, or a part of one, that could not be shown. */
export function ErrorState({ error, onRetry }: { error: unknown; onRetry?: () => void }) {
  const refusal = toApiError(error);
  const isOurs = !(error instanceof Error) || error.name === "Refusal" || refusal.isOffline;
  return (
    <EmptyState
      isFailure={!refusal.isNotFound}
      title={
        refusal.isNotFound
          ? "There is nothing here"
          : isOurs
            ? "This could not be shown"
            : "This page has failed"
      }
      text={
        <>
          <p>{refusal.message}</p>
          {refusal.requestId && !refusal.isNotFound && (
            <p className="mt-2 text-sm text-faint">
              Request <Id id={refusal.requestId} isWhole />
            </p>
          )}
        </>
      }
    >
      {onRetry && <Button onClick={onRetry}>Try again</Button>}
    </EmptyState>
  );
}

/** In a form or a dialog: why it did not work. */
export function ErrorNote({ error }: { error: unknown }) {
  const { message, requestId, status } = toApiError(error);
  return (
    <Callout tone="danger" isAlert className="my-3">
      <p>{message}</p>
      {requestId && status >= 500 && (
        <p className="mt-1">
          Request <Id id={requestId} isWhole />
        </p>
      )}
    </Callout>
  );
}
