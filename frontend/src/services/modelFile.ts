/** Model files: how their names usually end, and one that was dropped on a page other than the upload page. */

import { useCallback } from "react";
import { useNavigate } from "react-router";

/** The extensions that model files usually have. */
export const MODEL_FILE_EXTENSIONS = [".joblib", ".pkl", ".pickle", ".skops", ".onnx"] as const;

let droppedFile: File | null = null;

/** Take what was dropped, once. */
export function takeDroppedFile(): File | null {
  const file = droppedFile;
  droppedFile = null;
  return file;
}

/** Bring a file to where it is uploaded. */
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
