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
      text: "From a form that fits what it takes, or with the line that the form writes for you.",
      to: tab("try"),
      isDone: predictions > 0,
    },
    {
      id: "history",
      title: "See its history",
      text: "What was asked, what was answered, how long it took: kept for good.",
      to: predictions > 0 ? tab("history") : null,
      isDone: hasSeenHistory && predictions > 0,
    },
    {
      id: "key",
      title: "Make an API key",
      text: "For the program that is to call it from now on.",
      to: "/api-keys",
      isDone: keys > 0,
    },
  ];
}

const HISTORY_PATH = /^\/models\/[^/]+\/history$/;
type FlagStorage = Pick<Storage, "getItem" | "setItem">;
type Flag = "history-seen" | "first-steps-hidden";

const storageKey = (flag: Flag, userId: string): string => `${flag}:${userId}`;

/** Flags per user, kept in the browser. Without storage no flag is ever set. */
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
    // It is asked again next time.
  }
}

export const isHistoryPath = (pathname: string): boolean => HISTORY_PATH.test(pathname);
