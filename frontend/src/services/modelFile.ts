/** Model files: their usual extensions, and a file dropped on a page other than the upload page. */

import { useCallback } from "react";
import { useNavigate } from "react-router";

/** The usual extensions of model files. */
export const MODEL_FILE_EXTENSIONS = [".joblib", ".pkl", ".pickle", ".skops", ".onnx"] as const;

let droppedFile: File | null = null;

/** Take the dropped file; it is returned only once. */
export function takeDroppedFile(): File | null {
  const file = droppedFile;
  droppedFile = null;
  return file;
}

/** Open the upload page with a file. */
export function useOpenUpload(): (file: File) => void {
  const navigate = useNavigate();
  return useCallback(
    (file) => {
      droppedFile = file;
      navigate("/upload");
    },
    [navigate],
  );
}
