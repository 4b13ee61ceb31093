/** What the filters find, as a file. */

import { Download } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { Button } from "~/components/ui/Button";
import { Menu } from "~/components/ui/Menu";
import { toast } from "~/components/ui/toasts";
import type { Schemas } from "~/services/api";
import { download } from "~/services/download";
import { bytes } from "~/services/format";
import { addressOf } from "~/services/listing";
import { refusalOfError } from "~/services/problems";

interface ExportMenuProps {
  model: Schemas["ModelView"];
  query: Record<string, string>;
}

export function ExportMenu({ model, query }: ExportMenuProps) {
  const [received, setReceived] = useState<number | null>(null);
  const stopper = useRef<AbortController>(null);
  useEffect(() => () => stopper.current?.abort(), []);
  const start = async (format: "csv" | "jsonl") => {
    const stop = new AbortController();
    stopper.current = stop;
    setReceived(0);
    try {
      await download({
        address: addressOf("/api/v1/models/{model_id}/history/export", {
          path: { model_id: model.id },
          query: { ...query, format },
        }),
        name: `history.${format}`,
        signal: stop.signal,
        onProgress: setReceived,
      });
    } catch (error) {
      if (!stop.signal.aborted) toast({ text: refusalOfError(error).message, tone: "danger" });
    } finally {
      setReceived(null);
    }
  };
  if (received !== null) {
    return (
      <Button isSmall onClick={() => stopper.current?.abort()}>
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
