import { Download } from "lucide-react";
import type { ReactNode } from "react";
import { Link } from "react-router";
import { Button } from "~/components/buttons/Button";
import { Id } from "~/components/data/Id";
import { Time } from "~/components/data/Time";
import { toast } from "~/components/feedback/toasts";
import type { Schemas } from "~/services/api/client";
import { download } from "~/services/api/download";
import { toApiError } from "~/services/api/errors";
import { bytes } from "~/services/text/format";
import { versionName } from "../versionName";

interface ServingVersionProps {
  model: Schemas["ModelView"];
  serving: Schemas["VersionView"] | undefined;
  lastUsedAt: string | null | undefined;
}

/** Details of the live version. */
export function ServingVersion({ model, serving, lastUsedAt }: ServingVersionProps) {
  return (
    <section aria-labelledby="facts" className="mb-10">
      <h2 id="facts" className="mb-2 text-lg">
        The live version
      </h2>
      <dl className="text-sm">
        <Fact label="Version">
          <Link to="versions" className="hover:text-accent hover:underline">
            {versionName(model.version_number, model.version)}
          </Link>
        </Fact>
        <Fact label="Estimator">
          <span className="font-mono">{model.model_type}</span>
        </Fact>
        <Fact label="Made with">
          {model.framework} {serving?.framework_version}
        </Fact>
        <Fact label="Size">{bytes(model.file_size)}</Fact>
        <Fact label="SHA-256">{serving ? <Id id={serving.sha256} /> : "–"}</Fact>
        <Fact label="Uploaded">
          <Time at={serving?.created_at ?? model.created_at} />
        </Fact>
        <Fact label="Last called">{lastUsedAt ? <Time at={lastUsedAt} /> : "not yet"}</Fact>
      </dl>
      <OpenApiLinks modelId={model.id} />
    </section>
  );
}

function Fact({ label, children }: { label: string; children: ReactNode }) {
  return (
    <div className="flex items-baseline justify-between gap-6 border-b py-1.5">
      <dt className="shrink-0 text-faint">{label}</dt>
      <dd className="min-w-0 text-right [overflow-wrap:anywhere]">{children}</dd>
    </div>
  );
}

/** The model's own OpenAPI description. It needs a token, so it cannot be a plain link. */
function OpenApiLinks({ modelId }: { modelId: string }) {
  const path = `/api/v1/models/${modelId}/openapi.json`;
  const downloadOpenApi = () =>
    download({ path: path, fallbackName: "openapi.json" }).catch((error: unknown) =>
      toast({ text: toApiError(error).message, tone: "danger" }),
    );
  return (
    <p className="mt-3 flex flex-wrap items-center gap-x-4 gap-y-1 text-sm">
      <Button variant="quiet" isSmall className="-ml-2.5" onClick={() => void downloadOpenApi()}>
        <Download size={15} aria-hidden /> OpenAPI of this model
      </Button>
      <a href="/docs" className="text-accent underline-offset-2 hover:underline">
        All of the API
      </a>
    </p>
  );
}
