/** A model file on its way in: as a new model, or as a further version of one. */

import { FileUp } from "lucide-react";
import { useCallback, useState } from "react";
import { useSearchParams } from "react-router";
import { ErrorState } from "~/components/ui/ErrorState";
import { FileDrop } from "~/components/ui/FileDrop";
import { PageHeader } from "~/components/ui/PageHeader";
import { api } from "~/services/api";
import { bytes } from "~/services/format";
import { takeHanded } from "~/services/handover";
import { FILE_BYTES_MAX, faultOfFile, limitIn, noteOnFile } from "./upload/choosing";
import { DropAnywhere } from "./upload/DropAnywhere";
import { HowTo } from "./upload/HowTo";
import { ModelForm } from "./upload/ModelForm";
import { MODEL_FILES } from "./upload/modelFiles";
import { Ready } from "./upload/Ready";
import { Refused } from "./upload/Refused";
import { Stages } from "./upload/Stages";
import { useUploading } from "./upload/useUploading";

const TEXT = "A fitted scikit-learn estimator, saved by joblib or skops, or an ONNX file.";

export default function UploadPage() {
  const [search] = useSearchParams();
  const modelId = search.get("model");
  const model = api.useQuery(
    "get",
    "/api/v1/models/{model_id}",
    { params: { path: { model_id: modelId ?? "" } } },
    { enabled: modelId !== null },
  );
  if (model.error) return <ErrorState error={model.error} onRetry={() => void model.refetch()} />;
  return (
    <>
      <PageHeader
        title={modelId === null ? "Upload" : "Add a version"}
        eyebrow={model.data && `of ${model.data.name}`}
        text={TEXT}
      />
      <Upload modelId={modelId} key={modelId} />
    </>
  );
}

function Upload({ modelId }: { modelId: string | null }) {
  const [file, setFile] = useState(takeHanded);
  const [bytesMax, setBytesMax] = useState(FILE_BYTES_MAX);
  const { stage, refusal, taken, send, begin, stop } = useUploading();
  const told = refusal === null ? null : limitIn(refusal);
  if (told !== null && told !== bytesMax) setBytesMax(told);
  const isBusy = stage !== null;
  const choose = useCallback(
    (chosen: File) => {
      if (isBusy) return;
      begin();
      setFile(chosen);
    },
    [isBusy, begin],
  );
  const fault = file === null ? null : faultOfFile(file, bytesMax);
  const isOfField = Object.keys(refusal?.fields ?? {}).length > 0;
  return (
    <>
      <DropAnywhere onFile={choose} />
      {stage && <Stages stage={stage} onStop={stop} />}
      {taken && (
        <Ready
          taken={taken}
          modelId={modelId}
          onAgain={() => {
            begin();
            setFile(null);
          }}
        />
      )}
      {/* What was written stays while it is sent, so that a refusal costs no work. */}
      <div
        hidden={isBusy}
        className="grid items-start gap-x-12 gap-y-10 lg:grid-cols-[minmax(0,3fr)_minmax(0,2fr)]"
      >
        <div className="flex min-w-0 flex-col gap-6">
          <FileDrop label="Choose a model file" isDisabled={isBusy} onFile={choose}>
            <FileUp size={22} strokeWidth={1.6} aria-hidden className="text-accent" />
            {file === null ? (
              <>
                <span className="font-medium">
                  Drop a file anywhere on this page, or choose one
                </span>
                <span className="text-sm text-faint">
                  {MODEL_FILES.join(", ")}, up to {bytes(bytesMax)}
                </span>
              </>
            ) : (
              <ChosenFile file={file} fault={fault} />
            )}
          </FileDrop>
          {refusal && !isOfField && <Refused refusal={refusal} modelId={modelId} />}
          <ModelForm
            key={taken === null ? "next" : "done"}
            file={file}
            isRefused={fault !== null}
            isVersion={modelId !== null}
            isBusy={isBusy}
            errors={refusal?.fields ?? {}}
            onSend={(fields) => file && void send({ file, fields, modelId })}
          />
        </div>
        <HowTo />
      </div>
    </>
  );
}

function ChosenFile({ file, fault }: { file: File; fault: string | null }) {
  const note = noteOnFile(file);
  return (
    <>
      <span className="font-medium [overflow-wrap:anywhere]">{file.name}</span>
      <span className="text-sm text-faint">{bytes(file.size)} · choose another</span>
      {fault ? (
        <span role="alert" className="text-sm text-danger">
          {fault}
        </span>
      ) : (
        note && <span className="text-sm text-soft">{note}</span>
      )}
    </>
  );
}
