/** Why an upload was refused, and what to do about it. */

import type { ReactNode } from "react";
import { Link } from "react-router";
import { Id } from "~/components/data/Id";
import { Callout } from "~/components/feedback/Callout";
import type { ApiError } from "~/services/api/errors";
import { type RefusedGlobal, refusedGlobal } from "./fileChecks";

export function UploadError({ error, modelId }: { error: ApiError; modelId: string | null }) {
  return (
    <Callout tone="danger" title={errorTitle(error)} isAlert>
      <p>{error.message}</p>
      <Advice error={error} modelId={modelId} />
      {error.requestId && error.status >= 500 && (
        <p className="mt-2">
          Request <Id id={error.requestId} isFull />
        </p>
      )}
    </Callout>
  );
}

function errorTitle({ status, isOffline }: ApiError): string {
  if (isOffline) return "The server was not reached";
  if (status === 409) return "It already exists";
  if (status === 413) return "It is too large";
  return status >= 500 || status === 429 ? "Not possible now" : "It was refused";
}

function Advice({ error, modelId }: { error: ApiError; modelId: string | null }) {
  const global = refusedGlobal(error.message);
  if (global) return <GlobalAdvice {...global} />;
  if (error.status === 409 && modelId) {
    return (
      <List>
        <li>
          You need not send it again:{" "}
          <Link to={`/models/${modelId}/versions`} className="underline underline-offset-2">
            promote that version
          </Link>
          , or train another one.
        </li>
      </List>
    );
  }
  if (error.isTransient)
    return <p className="mt-2">Nothing was stored. Send it again a little later.</p>;
  return null;
}

function GlobalAdvice({ global, module, isSystemModule }: RefusedGlobal) {
  return (
    <>
      <p className="mt-2">
        A model file is a program. This one names{" "}
        <code className="rounded-sm bg-raised px-1 font-mono">{global}</code>, and only classes and
        functions that fitted estimators need may be named.
      </p>
      {isSystemModule ? (
        <p className="mt-2 font-medium">
          No fitted model has a use for it. If you did not save this file yourself, do not open it
          anywhere.
        </p>
      ) : (
        <List>
          <li>
            If it is a function or a class of yours, remove it from the pipeline, and run its step
            before you call the model.
          </li>
          <li>
            Or ask the operator of this platform to install its module and trust it:{" "}
            <code className="font-mono">TRUSTED_MODEL_MODULES={module}</code>.
          </li>
        </List>
      )}
    </>
  );
}

function List({ children }: { children: ReactNode }) {
  return <ul className="mt-2 list-disc pl-5">{children}</ul>;
}
