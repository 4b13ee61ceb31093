/** The header of a model and its tabs. */

import { Outlet, useOutletContext, useParams } from "react-router";
import { Status } from "~/components/data/Badge";
import { Id } from "~/components/data/Id";
import { ErrorState } from "~/components/feedback/ErrorState";
import { PageSkeleton } from "~/components/feedback/Skeleton";
import { PageHeader } from "~/components/layout/PageHeader";
import { type TabLink, TabLinks } from "~/components/layout/TabLinks";
import { api, type Schemas } from "~/services/api/client";
import { ModelActions } from "./ModelActions";

const TABS: readonly TabLink[] = [
  { to: ".", label: "Overview" },
  { to: "try", label: "Try it" },
  { to: "versions", label: "Versions" },
  { to: "metrics", label: "Metrics" },
  { to: "history", label: "History" },
  { to: "timeline", label: "Timeline" },
  { to: "settings", label: "Settings" },
];

export default function ModelPage() {
  const { modelId = "" } = useParams();
  const query = api.useQuery("get", "/api/v1/models/{model_id}", {
    params: { path: { model_id: modelId } },
  });
  if (query.error) {
    return (
      <>
        <PageHeader title="Model" />
        <ErrorState error={query.error} onRetry={() => void query.refetch()} />
      </>
    );
  }
  if (!query.data) return <PageSkeleton />;
  const model = query.data;
  return (
    <>
      <PageHeader
        title={model.name}
        eyebrow={
          <span className="[overflow-wrap:anywhere]">
            {model.model_type} · <Id id={model.id} />
          </span>
        }
        text={model.description}
        tabs={<TabLinks label={`About ${model.name}`} tabs={TABS} />}
      >
        <div className="flex items-center gap-3">
          <Status tone={model.is_active ? "success" : "plain"}>
            {model.is_active ? `Version ${model.version_number} is live` : "Deactivated"}
          </Status>
          <ModelActions model={model} />
        </div>
      </PageHeader>
      <Outlet context={model} />
    </>
  );
}

/** The model of the current tab. */
export const useModel = (): Schemas["ModelView"] => useOutletContext<Schemas["ModelView"]>();
