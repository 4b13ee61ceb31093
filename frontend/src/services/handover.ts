/** A file that was dropped on one page, for the one where models are uploaded. */

import { useCallback } from "react";
import { useNavigate } from "react-router";

let handed: File | null = null;

/** Take what was dropped, once. */
export function takeHanded(): File | null {
  const file = handed;
  handed = null;
  return file;
}

/** Bring a file to where it is uploaded. */
export function useHandOver(): (file: File) => void {
  const navigate = useNavigate();
  return useCallback(
    (file) => {
      handed = file;
      navigate("/upload");
    },
    [navigate],
  );
}
