/** A model file on its way in: as a new model, or as a further version of one. */

import { FileUp } from "lucide-react";
import { useCallback, useState } from "react";
import { useSearchParams } from "react-router";
import { ErrorState } from "~/components/feedback/ErrorState";
import { FileDrop } from "~/components/forms/FileDrop";
import { PageFileDrop } from "~/components/forms/PageFileDrop";
import { PageHeader } from "~/components/layout/PageHeader";
import { api } from "~/services/api/client";
import { MODEL_FILE_EXTENSIONS, takeDroppedFile } from "~/services/modelFile";
import { bytes } from "~/services/text/format";
import { FILE_BYTES_MAX, fileError, fileHint, limitFromError } from "./fileChecks";
import { UploadError } from "./UploadError";
import { UploadForm } from "./UploadForm";
import { UploadHelp } from "./UploadHelp";
import { UploadProgress } from "./UploadProgress";
import { UploadResult } from "./UploadResult";
import { useUpload } from "./useUpload";

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
  const [file, setFile] = useState(takeDroppedFile);
  const [bytesMax, setBytesMax] = useState(FILE_BYTES_MAX);
  const { stage, refusal, taken, send, begin, stop } = useUpload();
  const serverLimit = refusal === null ? null : limitFromError(refusal);
  if (serverLimit !== null && serverLimit !== bytesMax) setBytesMax(serverLimit);
  const isBusy = stage !== null;
  const chooseFile = useCallback(
    (chosen: File) => {
      if (isBusy) return;
      begin();
      setFile(chosen);
    },
    [isBusy, begin],
  );
  const fileProblem = file === null ? null : fileError(file, bytesMax);
  const hasFieldErrors = Object.keys(refusal?.fields ?? {}).length > 0;
  return (
    <>
      <PageFileDrop onFile={chooseFile} />
      {stage && <UploadProgress stage={stage} onStop={stop} />}
      {taken && (
        <UploadResult
          uploaded={taken}
          modelId={modelId}
          onUploadAnother={() => {
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
          <FileDrop label="Choose a model file" isDisabled={isBusy} onFile={chooseFile}>
            <FileUp size={22} strokeWidth={1.6} aria-hidden className="text-accent" />
            {file === null ? (
              <>
                <span className="font-medium">
                  Drop a file anywhere on this page, or choose one
                </span>
                <span className="text-sm text-faint">
                  {MODEL_FILE_EXTENSIONS.join(", ")}, up to {bytes(bytesMax)}
                </span>
              </>
            ) : (
              <ChosenFile file={file} fault={fileProblem} />
            )}
          </FileDrop>
          {refusal && !hasFieldErrors && <UploadError refusal={refusal} modelId={modelId} />}
          <UploadForm
            key={taken === null ? "next" : "done"}
            file={file}
            isRefused={fileProblem !== null}
            isVersion={modelId !== null}
            isBusy={isBusy}
            errors={refusal?.fields ?? {}}
            onSend={(fields) => file && void send({ file, fields, modelId })}
          />
        </div>
        <UploadHelp />
      </div>
    </>
  );
}

function ChosenFile({ file, fault: fileProblem }: { file: File; fault: string | null }) {
  const note = fileHint(file);
  return (
    <>
      <span className="font-medium [overflow-wrap:anywhere]">{file.name}</span>
      <span className="text-sm text-faint">{bytes(file.size)} · choose another</span>
      {fileProblem ? (
        <span role="alert" className="text-sm text-danger">
          {fileProblem}
        </span>
      ) : (
        note && <span className="text-sm text-soft">{note}</span>
      )}
    </>
  );
}
