/** A model file that is dropped anywhere on a page is brought to where models are uploaded. */

import { Upload } from "lucide-react";
import { useEffect, useState } from "react";
import { useNavigate } from "react-router";
import { handOver } from "~/services/handover";

export function DropAnywhere() {
  const navigate = useNavigate();
  const [isOver, setOver] = useState(false);
  useEffect(() => {
    const moved = (event: DragEvent) => {
      if (!event.dataTransfer?.types.includes("Files")) return;
      event.preventDefault();
      setOver(true);
    };
    // What is left for another element is not left for the page; only its edge is.
    const left = (event: DragEvent) => event.relatedTarget === null && setOver(false);
    const dropped = (event: DragEvent) => {
      setOver(false);
      const file = event.dataTransfer?.files[0];
      if (!file) return;
      event.preventDefault();
      handOver(file);
      navigate("/upload");
    };
    addEventListener("dragover", moved);
    addEventListener("dragleave", left);
    addEventListener("drop", dropped);
    return () => {
      removeEventListener("dragover", moved);
      removeEventListener("dragleave", left);
      removeEventListener("drop", dropped);
    };
  }, [navigate]);
  if (!isOver) return null;
  return (
    <div className="pointer-events-none fixed inset-0 z-20 flex items-center justify-center bg-scrim p-6">
      <p className="flex items-center gap-3 rounded-md border-2 border-dashed border-accent bg-raised px-8 py-6 text-lg font-medium shadow-float">
        <Upload size={20} aria-hidden className="text-accent" /> Let go to upload it
      </p>
    </div>
  );
}
