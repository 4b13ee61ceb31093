/** Exports the filtered history as a file. */

import { Download } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { Button } from "~/components/buttons/Button";
import { toast } from "~/components/feedback/toasts";
import { Menu } from "~/components/overlays/Menu";
import type { Schemas } from "~/services/api/client";
import { download } from "~/services/api/download";
import { toApiError } from "~/services/api/errors";
import { buildPath } from "~/services/api/pagedList";
import { bytes } from "~/services/text/format";

interface ExportMenuProps {
  model: Schemas["ModelView"];
  query: Record<string, string>;
}

export function ExportMenu({ model, query }: ExportMenuProps) {
  const [received, setReceived] = useState<number | null>(null);
  const abortController = useRef<AbortController>(null);
  useEffect(() => () => abortController.current?.abort(), []);
  const start = async (format: "csv" | "jsonl") => {
    const controller = new AbortController();
    abortController.current = controller;
    setReceived(0);
    try {
      await download({
        path: buildPath("/api/v1/models/{model_id}/history/export", {
          path: { model_id: model.id },
          query: { ...query, format },
        }),
        fallbackName: `history.${format}`,
        signal: controller.signal,
        onProgress: setReceived,
      });
    } catch (error) {
      if (!controller.signal.aborted) toast({ text: toApiError(error).message, tone: "danger" });
    } finally {
      setReceived(null);
    }
  };
  if (received !== null) {
    return (
      <Button isSmall onClick={() => abortController.current?.abort()}>
        <span role="status" className="figures">
          {bytes(received)}
        </span>
        · Stop
      </Button>
    );
  }
  return (
    <Menu
      label="Export"
      button={
        <Button isSmall>
          <Download size={15} aria-hidden /> Export
        </Button>
      }
      items={[
        { label: "As CSV", run: () => void start("csv") },
        { label: "As JSON lines", run: () => void start("jsonl") },
      ]}
    />
  );
}
