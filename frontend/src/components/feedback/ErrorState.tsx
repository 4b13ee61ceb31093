import { Button } from "~/components/buttons/Button";
import { Id } from "~/components/data/Id";
import { toApiError } from "~/services/api/errors";
import { Callout } from "./Callout";
import { EmptyState } from "./EmptyState";

/** Shown in place of a page or a section that failed to load. */
export function ErrorState({ error, onRetry }: { error: unknown; onRetry?: () => void }) {
  const apiError = toApiError(error);
  const isOurs = !(error instanceof Error) || error.name === "ApiError" || apiError.isOffline;
  return (
    <EmptyState
      isFailure={!apiError.isNotFound}
      title={
        apiError.isNotFound
          ? "There is nothing here"
          : isOurs
            ? "This could not be shown"
            : "This page has failed"
      }
      text={
        <>
          <p>{apiError.message}</p>
          {apiError.requestId && !apiError.isNotFound && (
            <p className="mt-2 text-sm text-faint">
              Request <Id id={apiError.requestId} isFull />
            </p>
          )}
        </>
      }
    >
      {onRetry && <Button onClick={onRetry}>Try again</Button>}
    </EmptyState>
  );
}

/** An error in a form or a dialog. */
export function ErrorNote({ error }: { error: unknown }) {
  const { message, requestId, status } = toApiError(error);
  return (
    <Callout tone="danger" isAlert className="my-3">
      <p>{message}</p>
      {requestId && status >= 500 && (
        <p className="mt-1">
          Request <Id id={requestId} isFull />
        </p>
      )}
    </Callout>
  );
}
