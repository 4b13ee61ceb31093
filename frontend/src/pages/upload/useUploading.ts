/** One upload: where it is, how it ended, and the way to stop it. */

import { useEffect, useRef, useState } from "react";
import { refetch, type Schemas, session } from "~/services/api";
import { type Refusal, refusalOfError } from "~/services/problems";
import { type Stage, upload } from "~/services/upload";

export type Taken =
  | { kind: "model"; model: Schemas["UploadedModelView"] }
  | { kind: "version"; version: Schemas["AddedVersionView"] };

export interface Sending {
  file: File;
  /** The texts beside it; those that are empty are left out. */
  fields: Readonly<Record<string, string>>;
  /** The model that this is a further version of. */
  modelId: string | null;
}

export function useUploading() {
  const [stage, setStage] = useState<Stage | null>(null);
  const [refusal, setRefusal] = useState<Refusal | null>(null);
  const [taken, setTaken] = useState<Taken | null>(null);
  const call = useRef<AbortController>(null);
  useEffect(() => () => call.current?.abort(), []);
  useStayingWhile(stage !== null && taken === null);

  const send = async (sending: Sending) => {
    const stop = new AbortController();
    call.current = stop;
    setRefusal(null);
    setStage({ name: "sending", sent: 0, total: sending.file.size });
    try {
      setTaken(await sent(sending, stop.signal, setStage));
      void refetch("/api/v1/models", "/api/v1/models/{model_id}/versions");
    } catch (error) {
      setStage(null);
      if (!stop.signal.aborted) setRefusal(refusalOfError(error));
    }
  };
  const begin = () => {
    setStage(null);
    setRefusal(null);
    setTaken(null);
  };
  return { stage, refusal, taken, send, begin, stop: () => call.current?.abort() };
}

async function sent(
  { file, fields, modelId }: Sending,
  signal: AbortSignal,
  onStage: (stage: Stage) => void,
): Promise<Taken> {
  const form = new FormData();
  for (const [name, text] of Object.entries(fields)) {
    if (text.trim() !== "") form.set(name, text);
  }
  form.set("file", file);
  if (modelId === null) {
    const address = "/api/v1/models/upload";
    const what = { address, form, signal, onStage };
    return { kind: "model", model: await upload<Schemas["UploadedModelView"]>(what, session) };
  }
  const address = `/api/v1/models/${modelId}/versions`;
  const what = { address, form, signal, onStage };
  return { kind: "version", version: await upload<Schemas["AddedVersionView"]>(what, session) };
}

/** Has the browser ask before the page is left. */
function useStayingWhile(isBusy: boolean): void {
  useEffect(() => {
    if (!isBusy) return;
    const leaving = (event: BeforeUnloadEvent) => event.preventDefault();
    addEventListener("beforeunload", leaving);
    return () => removeEventListener("beforeunload", leaving);
  }, [isBusy]);
}
