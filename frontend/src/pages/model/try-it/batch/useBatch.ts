/** Predicts a file in chunks, one call for each. */

import { useCallback, useEffect, useRef, useState } from "react";
import type { InputShape } from "~/pages/model/signature/inputShape";
import { client, refetch } from "~/services/api/client";
import { ApiError, toApiError } from "~/services/api/errors";
import { parseCsv } from "~/services/text/csv";
import { withOneBasedRow } from "../cells";
import {
  type Batch,
  CHUNK_ROWS_MAX,
  FILE_BYTES_MAX,
  type Result,
  readBatch,
  toChunks,
} from "./batch";

const RETRY_AFTER_S_MAX = 60;

export interface BatchRun {
  results: readonly Result[];
  isBusy: boolean;
  error: string | null;
}

const IDLE: BatchRun = { results: [], isBusy: false, error: null };

export interface BatchFile extends Batch {
  name: string;
}

export function useBatch(modelId: string, version: number | null, shape: InputShape) {
  const [file, setFile] = useState<BatchFile | null>(null);
  const [fileError, setFileError] = useState<string | null>(null);
  const [run, setRun] = useState<BatchRun>(IDLE);
  const abortController = useRef<AbortController>(null);
  useEffect(() => () => abortController.current?.abort(), []);

  const read = async (chosenFile: File) => {
    abortController.current?.abort();
    setRun(IDLE);
    setFile(null);
    setFileError(null);
    try {
      if (chosenFile.size > FILE_BYTES_MAX)
        throw new Error("The file is larger than 20 MB: split it.");
      setFile({ name: chosenFile.name, ...readBatch(shape, parseCsv(await chosenFile.text())) });
    } catch (error) {
      setFileError(toApiError(error).message);
    }
  };

  const start = useCallback(async () => {
    if (file === null) return;
    const controller = new AbortController();
    abortController.current = controller;
    const results: Result[] = [];
    setRun({ results, isBusy: true, error: null });
    let error: string | null = null;
    try {
      for (const inputs of toChunks(shape, file.rows)) {
        results.push(
          ...(await retryAfterLimit(
            () => predictChunk(modelId, version, inputs, controller.signal),
            controller,
          )),
        );
        setRun({ results: [...results], isBusy: true, error: null });
      }
    } catch (thrown) {
      error = controller.signal.aborted
        ? "Stopped."
        : locateError(toApiError(thrown).message, results.length);
    }
    if (abortController.current === controller)
      setRun({ results: [...results], isBusy: false, error });
    void refetch("/api/v1/models/{model_id}/stats", "/api/v1/models/{model_id}/history");
  }, [modelId, version, shape, file]);

  return {
    file,
    refused: fileError,
    run,
    read,
    start,
    stop: () => abortController.current?.abort(),
  };
}

async function predictChunk(
  modelId: string,
  version: number | null,
  inputs: unknown[],
  signal: AbortSignal,
): Promise<Result[]> {
  const { data } = await client.POST("/api/v1/models/{model_id}/batch-predict", {
    params: { path: { model_id: modelId }, query: version === null ? {} : { version } },
    body: { inputs },
    signal,
  });
  return (data?.predictions ?? []).map((prediction, index) => ({
    prediction,
    probabilities: data?.probabilities?.[index] ?? null,
  }));
}

/** Retry once after the time that a 429 response asks for. */
async function retryAfterLimit<T>(
  abortController: () => Promise<T>,
  controller: AbortController,
): Promise<T> {
  try {
    return await abortController();
  } catch (error) {
    const waitS = error instanceof ApiError && error.status === 429 ? error.retryAfterS : null;
    if (waitS === null || waitS > RETRY_AFTER_S_MAX || controller.signal.aborted) throw error;
    await new Promise((resolve) => setTimeout(resolve, waitS * 1000));
    return abortController();
  }
}

/** The error by row of the file, or by the rows of the chunk. */
function locateError(message: string, before: number): string {
  const inFile = withOneBasedRow(message, before);
  const part = `rows ${before + 1} to ${before + CHUNK_ROWS_MAX}`;
  return inFile === message ? `${message} That was the response to ${part}.` : inFile;
}
