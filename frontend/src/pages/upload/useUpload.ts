/** The state of one upload. */

import { useEffect, useRef, useState } from "react";
import { refetch, type Schemas, session } from "~/services/api/client";
import { type ApiError, toApiError } from "~/services/api/errors";
import { type Stage, upload } from "~/services/api/upload";

export type Uploaded =
  | { kind: "model"; model: Schemas["UploadedModelView"] }
  | { kind: "version"; version: Schemas["AddedVersionView"] };

export interface UploadInput {
  file: File;
  /** The text fields; empty ones are omitted. */
  fields: Readonly<Record<string, string>>;
  /** The model to add a version to; null for a new model. */
  modelId: string | null;
}

export function useUpload() {
  const [stage, setStage] = useState<Stage | null>(null);
  const [error, setError] = useState<ApiError | null>(null);
  const [uploaded, setUploaded] = useState<Uploaded | null>(null);
  const abortController = useRef<AbortController>(null);
  useEffect(() => () => abortController.current?.abort(), []);
  useLeaveWarning(stage !== null && uploaded === null);

  const send = async (input: UploadInput) => {
    const controller = new AbortController();
    abortController.current = controller;
    setError(null);
    setStage({ name: "sending", sent: 0, total: input.file.size });
    try {
      setUploaded(await sendUpload(input, controller.signal, setStage));
      void refetch("/api/v1/models", "/api/v1/models/{model_id}/versions");
    } catch (error) {
      setStage(null);
      if (!controller.signal.aborted) setError(toApiError(error));
    }
  };
  const reset = () => {
    setStage(null);
    setError(null);
    setUploaded(null);
  };
  return {
    stage,
    error,
    uploaded,
    send,
    reset,
    stop: () => abortController.current?.abort(),
  };
}

async function sendUpload(
  { file, fields, modelId }: UploadInput,
  signal: AbortSignal,
  onStage: (stage: Stage) => void,
): Promise<Uploaded> {
  const form = new FormData();
  for (const [name, text] of Object.entries(fields)) {
    if (text.trim() !== "") form.set(name, text);
  }
  form.set("file", file);
  if (modelId === null) {
    const path = "/api/v1/models/upload";
    const request = { path, form, signal, onStage };
    return { kind: "model", model: await upload<Schemas["UploadedModelView"]>(request, session) };
  }
  const path = `/api/v1/models/${modelId}/versions`;
  const request = { path, form, signal, onStage };
  return { kind: "version", version: await upload<Schemas["AddedVersionView"]>(request, session) };
}

/** Asks for confirmation before the page is left. */
function useLeaveWarning(isBusy: boolean): void {
  useEffect(() => {
    if (!isBusy) return;
    const leaving = (event: BeforeUnloadEvent) => event.preventDefault();
    addEventListener("beforeunload", leaving);
    return () => removeEventListener("beforeunload", leaving);
  }, [isBusy]);
}
