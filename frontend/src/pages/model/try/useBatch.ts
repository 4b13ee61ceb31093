/** A file that is asked for part by part, each part a call of its own. */

import { useCallback, useEffect, useRef, useState } from "react";
import { client, refetch } from "~/services/api";
import { parsedCsv } from "~/services/csv";
import { Refusal, refusalOfError } from "~/services/problems";
import { type Batch, batchOf, FILE_BYTES_MAX, PART_ROWS_MAX, partsOf, type Result } from "./batch";
import { countedFromOne } from "./cells";
import type { InputShape } from "./inputs";

const WAIT_S_MAX = 60;

export interface Run {
  results: readonly Result[];
  isBusy: boolean;
  error: string | null;
}

const NOTHING: Run = { results: [], isBusy: false, error: null };

export interface BatchFile extends Batch {
  name: string;
}

export function useBatch(modelId: string, version: number | null, shape: InputShape) {
  const [file, setFile] = useState<BatchFile | null>(null);
  const [refused, setRefused] = useState<string | null>(null);
  const [run, setRun] = useState<Run>(NOTHING);
  const call = useRef<AbortController>(null);
  useEffect(() => () => call.current?.abort(), []);

  const read = async (given: File) => {
    call.current?.abort();
    setRun(NOTHING);
    setFile(null);
    setRefused(null);
    try {
      if (given.size > FILE_BYTES_MAX) throw new Error("The file is larger than 20 MB: split it.");
      setFile({ name: given.name, ...batchOf(shape, parsedCsv(await given.text())) });
    } catch (error) {
      setRefused(refusalOfError(error).message);
    }
  };

  const start = useCallback(async () => {
    if (file === null) return;
    const stop = new AbortController();
    call.current = stop;
    const results: Result[] = [];
    setRun({ results, isBusy: true, error: null });
    let error: string | null = null;
    try {
      for (const inputs of partsOf(shape, file.rows)) {
        results.push(
          ...(await patiently(() => asked(modelId, version, inputs, stop.signal), stop)),
        );
        setRun({ results: [...results], isBusy: true, error: null });
      }
    } catch (thrown) {
      error = stop.signal.aborted
        ? "Stopped."
        : placed(refusalOfError(thrown).message, results.length);
    }
    if (call.current === stop) setRun({ results: [...results], isBusy: false, error });
    void refetch("/api/v1/models/{model_id}/stats", "/api/v1/models/{model_id}/history");
  }, [modelId, version, shape, file]);

  return {
    file,
    refused,
    run,
    read,
    start,
    stop: () => call.current?.abort(),
  };
}

async function asked(
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

/** Wait where the server says that it was asked too often, once for each part. */
async function patiently<T>(call: () => Promise<T>, stop: AbortController): Promise<T> {
  try {
    return await call();
  } catch (error) {
    const waitS = error instanceof Refusal && error.status === 429 ? error.retryAfterS : null;
    if (waitS === null || waitS > WAIT_S_MAX || stop.signal.aborted) throw error;
    await new Promise((resolve) => setTimeout(resolve, waitS * 1000));
    return call();
  }
}

/** What went wrong, by the row of the file, or by the rows that were asked about. */
function placed(message: string, before: number): string {
  const inFile = countedFromOne(message, before);
  const part = `rows ${before + 1} to ${before + PART_ROWS_MAX}`;
  return inFile === message ? `${message} That was the answer to ${part}.` : inFile;
}
