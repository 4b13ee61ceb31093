/** One call in full, at the side of the list that it stands in. */

import { Check, RotateCw, Terminal } from "lucide-react";
import type { ReactNode } from "react";
import { Status } from "~/components/ui/Badge";
import { Button, ButtonLink } from "~/components/ui/Button";
import { Dialog } from "~/components/ui/Dialog";
import { ErrorState } from "~/components/ui/ErrorState";
import { Id } from "~/components/ui/Id";
import { JsonView } from "~/components/ui/JsonView";
import { Note } from "~/components/ui/Note";
import { Skeleton } from "~/components/ui/Skeleton";
import { Time } from "~/components/ui/Time";
import { useCopy } from "~/components/ui/useCopy";
import { api, type Schemas } from "~/services/api";
import { count, duration } from "~/services/format";
import { snippetOf } from "../try/snippets";
import { useVersions } from "../useVersions";
import { Outputs } from "./Outputs";
import { answerOf } from "./summary";

type Call = Schemas["RecordView"];

interface PredictionPanelProps {
  id: string;
  /** Where it stands in the list already. */
  known: Call | undefined;
  model: Schemas["ModelView"];
  onClose: () => void;
}

export function PredictionPanel({ id, known, model, onClose }: PredictionPanelProps) {
  const { data, error, refetch } = api.useQuery(
    "get",
    "/api/v1/predictions/{prediction_id}",
    { params: { path: { prediction_id: id } } },
    // What was recorded never changes.
    { staleTime: Number.POSITIVE_INFINITY, initialData: known, retry: false },
  );
  return (
    <Dialog
      isOpen
      isSide
      onClose={onClose}
      title="Prediction"
      footer={data && <Actions call={data} />}
    >
      {error ? (
        <ErrorState error={error} onRetry={() => void refetch()} />
      ) : data ? (
        <Details call={data} model={model} />
      ) : (
        <Skeleton className="h-96" />
      )}
    </Dialog>
  );
}

function Details({ call, model }: { call: Call; model: Schemas["ModelView"] }) {
  const { versions } = useVersions(call.model_id);
  const version = versions.find(({ number }) => number === call.version_number);
  const answer = answerOf(call.output_data);
  return (
    <>
      <div className="mb-4 flex flex-wrap items-baseline justify-between gap-x-6 gap-y-1">
        <Status tone={call.status === "success" ? "success" : "danger"}>
          {call.reason ?? "answered"}
        </Status>
        <span className="text-sm text-soft">
          <Time at={call.created_at} isAbsolute />
        </span>
      </div>
      {call.error !== null && (
        <Note tone="danger" className="mb-5 whitespace-pre-wrap">
          {call.error}
        </Note>
      )}
      {answer !== null && (
        <Part title="Answer">
          <Outputs answer={answer} schema={version?.output_schema ?? model.output_schema} />
        </Part>
      )}
      <Part title="Asked">
        <JsonView label="Input" value={call.input_data} />
      </Part>
      <Part title="Recorded">
        <dl className="grid grid-cols-[auto_1fr] gap-x-6 gap-y-1.5 text-sm">
          <Fact name="Version">
            {call.version_number}
            {version && <span className="text-soft"> · {version.version}</span>}
          </Fact>
          <Fact name="Took">{duration(call.prediction_time * 1000)}</Fact>
          <Fact name="Rows">{count(call.rows)}</Fact>
          {version && (
            <Fact name="File (SHA-256)">
              <Id id={version.sha256} isWhole />
            </Fact>
          )}
          <Fact name="Id">
            <Id id={call.id} isWhole />
          </Fact>
        </dl>
      </Part>
    </>
  );
}

function Part({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section className="mb-6 border-t pt-3">
      <h3 className="eyebrow mb-2">{title}</h3>
      {children}
    </section>
  );
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <>
      <dt className="text-soft">{name}</dt>
      <dd className="figures min-w-0 [overflow-wrap:anywhere]">{children}</dd>
    </>
  );
}

function Actions({ call }: { call: Call }) {
  const { isDone, copy } = useCopy(
    snippetOf("curl", {
      origin: location.origin,
      modelId: call.model_id,
      version: call.version_number,
      input: call.input_data,
    }),
  );
  return (
    <>
      <Button onClick={() => void copy()}>
        {isDone ? <Check size={16} aria-hidden /> : <Terminal size={16} aria-hidden />}
        {isDone ? "Copied" : "Copy as cURL"}
      </Button>
      <ButtonLink look="primary" to={`/models/${call.model_id}/try?prediction=${call.id}`}>
        <RotateCw size={16} aria-hidden /> Run again
      </ButtonLink>
    </>
  );
}
