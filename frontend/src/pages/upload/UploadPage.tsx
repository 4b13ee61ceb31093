/** Uploads a model file as a new model, or as a version of an existing one. */

import { FileUp } from "lucide-react";
import { useCallback, useState } from "react";
import { useSearchParams } from "react-router";
import { cx } from "~/components/cx";
import { ErrorState } from "~/components/feedback/ErrorState";
import { FileDrop } from "~/components/forms/FileDrop";
import { PageFileDrop } from "~/components/forms/PageFileDrop";
import { PageHeader } from "~/components/layout/PageHeader";
import { api } from "~/services/api/client";
import { MODEL_FILE_EXTENSIONS, takeDroppedFile } from "~/services/modelFile";
import { bytes } from "~/services/text/format";
import { fileError, fileHint } from "./fileChecks";
import { UploadError } from "./UploadError";
import { UploadForm } from "./UploadForm";
import { UploadHelp } from "./UploadHelp";
import { UploadProgress } from "./UploadProgress";
import { UploadResult } from "./UploadResult";
import { useUpload } from "./useUpload";
import { useUploadLimit } from "./useUploadLimit";

/** Reserves the space of the limit until it is known. */
const LIMIT_PLACEHOLDER_BYTES = 100_000_000;
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
  const bytesMax = useUploadLimit();
  const { stage, error, uploaded, send, reset, stop } = useUpload();
  const isBusy = stage !== null;
  const chooseFile = useCallback(
    (chosen: File) => {
      if (isBusy) return;
      reset();
      setFile(chosen);
    },
    [isBusy, reset],
  );
  const problem = file === null ? null : fileError(file, bytesMax);
  const hasFieldErrors = Object.keys(error?.fields ?? {}).length > 0;
  return (
    <>
      <PageFileDrop onFile={chooseFile} />
      {stage && <UploadProgress stage={stage} onStop={stop} />}
      {uploaded && (
        <UploadResult
          uploaded={uploaded}
          modelId={modelId}
          onUploadAnother={() => {
            reset();
            setFile(null);
          }}
        />
      )}
      {/* The form stays mounted during the upload, so that its values are kept after an error. */}
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
                  {MODEL_FILE_EXTENSIONS.join(", ")}
                  <span className={cx(bytesMax === null && "invisible")}>
                    , up to {bytes(bytesMax ?? LIMIT_PLACEHOLDER_BYTES)}
                  </span>
                </span>
              </>
            ) : (
              <ChosenFile file={file} problem={problem} />
            )}
          </FileDrop>
          {error && !hasFieldErrors && <UploadError error={error} modelId={modelId} />}
          <UploadForm
            key={uploaded === null ? "next" : "done"}
            file={file}
            isRefused={problem !== null}
            isVersion={modelId !== null}
            isBusy={isBusy}
            errors={error?.fields ?? {}}
            onSend={(fields) => file && void send({ file, fields, modelId })}
          />
        </div>
        <UploadHelp />
      </div>
    </>
  );
}

function ChosenFile({ file, problem }: { file: File; problem: string | null }) {
  const note = fileHint(file);
  return (
    <>
      <span className="font-medium [overflow-wrap:anywhere]">{file.name}</span>
      <span className="text-sm text-faint">{bytes(file.size)} · choose another</span>
      {problem ? (
        <span role="alert" className="text-sm text-danger">
          {problem}
        </span>
      ) : (
        note && <span className="text-sm text-soft">{note}</span>
      )}
    </>
  );
}
