/** The first steps of a new user, and which are done, derived from existing data. */

export interface Progress {
  models: number;
  predictions: number;
  hasSeenHistory: boolean;
  keys: number;
  /** The newest model, for links to its tabs. */
  modelId: string | null;
}

export interface Step {
  id: "upload" | "call" | "history" | "key";
  title: string;
  text: string;
  /** Null until the steps before it are done. */
  to: string | null;
  isDone: boolean;
}

export function firstSteps(progress: Progress): readonly Step[] {
  const { models, predictions, hasSeenHistory, keys, modelId } = progress;
  const tab = (name: string) => (modelId === null ? null : `/models/${modelId}/${name}`);
  return [
    {
      id: "upload",
      title: "Upload a model",
      text: "A fitted scikit-learn estimator, saved by joblib or skops, or an ONNX file.",
      to: "/upload",
      isDone: models > 0,
    },
    {
      id: "call",
      title: "Call it",
      text: "With a form that fits its columns, or with the code that the form generates.",
      to: tab("try"),
      isDone: predictions > 0,
    },
    {
      id: "history",
      title: "See its history",
      text: "The input, output and latency of each call, recorded permanently.",
      to: predictions > 0 ? tab("history") : null,
      isDone: hasSeenHistory && predictions > 0,
    },
    {
      id: "key",
      title: "Create an API key",
      text: "For the programs that will call it.",
      to: "/api-keys",
      isDone: keys > 0,
    },
  ];
}

const HISTORY_PATH = /^\/models\/[^/]+\/history$/;
type FlagStorage = Pick<Storage, "getItem" | "setItem">;
type Flag = "history-seen" | "first-steps-hidden";

const storageKey = (flag: Flag, userId: string): string => `${flag}:${userId}`;

/** Flags per user, stored in the browser. Without storage no flag is ever set. */
export function hasFlag(flag: Flag, userId: string, storage: FlagStorage = localStorage): boolean {
  try {
    return storage.getItem(storageKey(flag, userId)) !== null;
  } catch {
    return false;
  }
}

export function setFlag(flag: Flag, userId: string, storage: FlagStorage = localStorage): void {
  try {
    storage.setItem(storageKey(flag, userId), "1");
  } catch {
    // The flag stays unset.
  }
}

export const isHistoryPath = (pathname: string): boolean => HISTORY_PATH.test(pathname);
