/** What a newcomer does first, and which of it is done: told from what there is, not from clicks. */

export interface Standing {
  models: number;
  predictions: number;
  hasSeenHistory: boolean;
  keys: number;
  /** The newest one, for the addresses of its tabs. */
  modelId: string | null;
}

export interface Step {
  id: "upload" | "call" | "history" | "key";
  title: string;
  text: string;
  /** Null while something has to be done before it. */
  to: string | null;
  isDone: boolean;
}

export function firstSteps(standing: Standing): readonly Step[] {
  const { models, predictions, hasSeenHistory, keys, modelId } = standing;
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

const HISTORY = /^\/models\/[^/]+\/history$/;
type Notes = Pick<Storage, "getItem" | "setItem">;
type Note = "history-seen" | "first-steps-hidden";

const keyOf = (note: Note, userId: string): string => `${note}:${userId}`;

/** Whether a browser has noted something of somebody; what storage refuses was never noted. */
export function isNoted(note: Note, userId: string, notes: Notes = localStorage): boolean {
  try {
    return notes.getItem(keyOf(note, userId)) !== null;
  } catch {
    return false;
  }
}

export function noteDown(note: Note, userId: string, notes: Notes = localStorage): void {
  try {
    notes.setItem(keyOf(note, userId), "1");
  } catch {
    // Without storage it is asked again next time.
  }
}

export const isHistory = (pathname: string): boolean => HISTORY.test(pathname);
