/** The details of one prediction, in a panel beside the list. */

import { Check, RotateCw, Terminal } from "lucide-react";
import type { ReactNode } from "react";
import { Button, ButtonLink } from "~/components/buttons/Button";
import { useCopyToClipboard } from "~/components/buttons/useCopyToClipboard";
import { Status } from "~/components/data/Badge";
import { Id } from "~/components/data/Id";
import { JsonView } from "~/components/data/JsonView";
import { Time } from "~/components/data/Time";
import { Callout } from "~/components/feedback/Callout";
import { ErrorState } from "~/components/feedback/ErrorState";
import { Skeleton } from "~/components/feedback/Skeleton";
import { Dialog } from "~/components/overlays/Dialog";
import { api, type Schemas } from "~/services/api/client";
import { count, duration } from "~/services/text/format";
import { codeSnippet } from "../try-it/snippets";
import { useVersions } from "../useVersions";
import { Outputs } from "./Outputs";
import { readOutput } from "./summary";

type Prediction = Schemas["RecordView"];

interface PredictionPanelProps {
  id: string;
  /** The prediction, if it is in the list already. */
  initialData: Prediction | undefined;
  model: Schemas["ModelView"];
  onClose: () => void;
}

export function PredictionPanel({ id, initialData, model, onClose }: PredictionPanelProps) {
  const { data, error, refetch } = api.useQuery(
    "get",
    "/api/v1/predictions/{prediction_id}",
    { params: { path: { prediction_id: id } } },
    // Records never change.
    { staleTime: Number.POSITIVE_INFINITY, initialData, retry: false },
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

function Details({ call, model }: { call: Prediction; model: Schemas["ModelView"] }) {
  const { versions } = useVersions(call.model_id);
  const version = versions.find(({ number }) => number === call.version_number);
  const output = readOutput(call.output_data);
  return (
    <>
      <div className="mb-4 flex flex-wrap items-baseline justify-between gap-x-6 gap-y-1">
        <Status tone={call.status === "success" ? "success" : "danger"}>
          {call.reason ?? "succeeded"}
        </Status>
        <span className="text-sm text-soft">
          <Time at={call.created_at} isAbsolute />
        </span>
      </div>
      {call.error !== null && (
        <Callout tone="danger" className="mb-5 whitespace-pre-wrap">
          {call.error}
        </Callout>
      )}
      {output !== null && (
        <PanelSection title="Output">
          <Outputs output={output} schema={version?.output_schema ?? model.output_schema} />
        </PanelSection>
      )}
      <PanelSection title="Input">
        <JsonView label="Input" value={call.input_data} />
      </PanelSection>
      <PanelSection title="Recorded">
        <dl className="grid grid-cols-[auto_1fr] gap-x-6 gap-y-1.5 text-sm">
          <Fact name="Version">
            {call.version_number}
            {version && <span className="text-soft"> · {version.version}</span>}
          </Fact>
          <Fact name="Latency">{duration(call.prediction_time * 1000)}</Fact>
          <Fact name="Rows">{count(call.rows)}</Fact>
          {version && (
            <Fact name="File (SHA-256)">
              <Id id={version.sha256} isFull />
            </Fact>
          )}
          <Fact name="Id">
            <Id id={call.id} isFull />
          </Fact>
        </dl>
      </PanelSection>
    </>
  );
}

function PanelSection({ title, children }: { title: string; children: ReactNode }) {
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

function Actions({ call }: { call: Prediction }) {
  const { isDone, copy } = useCopyToClipboard(
    codeSnippet("curl", {
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
      <ButtonLink variant="primary" to={`/models/${call.model_id}/try?prediction=${call.id}`}>
        <RotateCw size={16} aria-hidden /> Run again
      </ButtonLink>
    </>
  );
}
