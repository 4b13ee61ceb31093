import { refusalOfError } from "~/services/problems";
import { Button } from "./Button";
import { Id } from "./Id";

/** Instead of a page, or a part of one, that could not be shown. */
export function ErrorState({ error, onRetry }: { error: unknown; onRetry?: () => void }) {
  const refusal = refusalOfError(error);
  const isOurs = !(error instanceof Error) || error.name === "Refusal" || refusal.isOffline;
  return (
    <div role="alert" className="border-y border-danger px-4 py-10 text-center">
      <h2 className="text-lg">
        {refusal.isNotFound
          ? "There is nothing here"
          : isOurs
            ? "This could not be shown"
            : "This page has failed"}
      </h2>
      <p className="mx-auto mt-1 max-w-xl text-soft">{refusal.message}</p>
      {refusal.requestId && (
        <p className="mt-2 text-sm text-faint">
          Request <Id id={refusal.requestId} isWhole />
        </p>
      )}
      {onRetry && (
        <Button className="mt-5" onClick={onRetry}>
          Try again
        </Button>
      )}
    </div>
  );
}

/** In a form or a dialog: why it did not work. */
export function ErrorNote({ error }: { error: unknown }) {
  const { message, requestId, status } = refusalOfError(error);
  return (
    <div
      role="alert"
      className="my-3 border-l-2 border-danger bg-danger-soft px-3 py-2 text-sm text-danger"
    >
      <p>{message}</p>
      {requestId && status >= 500 && (
        <p className="mt-1">
          Request <Id id={requestId} isWhole />
        </p>
      )}
    </div>
  );
}
