import { useMemo } from "react";
import { Link, useSearchParams } from "react-router";
import { Time } from "~/components/data/Time";
import { Callout } from "~/components/feedback/Callout";
import { Tabs } from "~/components/layout/Tabs";
import type { Schemas } from "~/services/api/client";
import { useChangeQuery } from "~/services/urlQuery";
import { useModel } from "../ModelPage";
import { inputShape } from "../signature/inputShape";
import { BatchPanel } from "./batch/BatchPanel";
import { CodeSnippets } from "./CodeSnippets";
import { InputPanel } from "./InputPanel";
import { ResultPanel } from "./ResultPanel";
import { firstRow, toInputData } from "./requestBody";
import { SNIPPET_LANGUAGES, type SnippetKind } from "./snippets";
import { usePrediction } from "./usePrediction";
import { VersionSelect } from "./VersionSelect";

const VIEWS = [
  { id: "form", label: "Form" },
  { id: "json", label: "JSON" },
  { id: "csv", label: "CSV file" },
] as const;
const TWO_COLUMNS = "grid items-start gap-x-12 gap-y-10 lg:grid-cols-[minmax(0,3fr)_minmax(0,2fr)]";
type View = (typeof VIEWS)[number]["id"];

interface PlaygroundProps {
  versions: readonly Schemas["VersionView"][];
  version: Schemas["VersionView"];
  /** A recorded call whose input is shown at first. */
  record: Schemas["RecordView"] | undefined;
  /** The input of the latest call. */
  latestInput: unknown;
}

export function Playground({ versions, version, record, latestInput }: PlaygroundProps) {
  const model = useModel();
  const [search] = useSearchParams();
  const changeQuery = useChangeQuery();
  const shape = useMemo(() => inputShape(version.input_schema), [version.input_schema]);
  const versionParam = version.number === model.version_number ? null : version.number;
  // Another version may have other columns; another record another input.
  const resetKey = `${version.number} ${record?.id}`;
  const prediction = usePrediction(
    resetKey,
    model.id,
    versionParam,
    shape,
    record ? record.input_data : firstRow(shape, latestInput),
  );
  const setParam = (name: string, value: string) =>
    changeQuery((query) => {
      if (value === "") query.delete(name);
      else query.set(name, value);
      return query;
    });
  const views = shape.form === "unknown" ? VIEWS.filter(({ id }) => id === "json") : VIEWS;
  const view = (views.find(({ id }) => id === search.get("view")) ?? views[0])?.id ?? "json";
  const language = SNIPPET_LANGUAGES.find(({ id }) => id === search.get("code"))?.id ?? "curl";
  const notes = <Notes isActive={model.is_active} version={version} record={record} />;
  const segments = (
    <Tabs<View>
      label="Forms of the input"
      tabs={views}
      value={view}
      onChange={(id) => setParam("view", id === "form" ? "" : id)}
      aside={
        <VersionSelect
          versions={versions}
          selected={version.number}
          serving={model.version_number}
          onChoose={(number) => setParam("version", number)}
        />
      }
    >
      {view === "csv" ? (
        <BatchPanel
          key={resetKey}
          modelId={model.id}
          version={versionParam}
          shape={shape}
          outputSchema={version.output_schema}
        />
      ) : (
        <InputPanel
          key={resetKey}
          view={view}
          shape={shape}
          prediction={prediction}
          modelId={model.id}
        />
      )}
    </Tabs>
  );
  return (
    <>
      {notes}
      <div className={view === "csv" ? undefined : TWO_COLUMNS}>
        {segments}
        {view !== "csv" && (
          <div className="flex min-w-0 flex-col gap-8 lg:sticky lg:top-6">
            <ResultPanel
              prediction={prediction}
              modelId={model.id}
              outputSchema={version.output_schema}
            />
            <section aria-label="As code">
              <CodeSnippets
                kind={language satisfies SnippetKind}
                onChoose={(kind) => setParam("code", kind === "curl" ? "" : kind)}
                call={{
                  origin: location.origin,
                  modelId: model.id,
                  version: versionParam,
                  input: toInputData(shape, prediction.request),
                }}
              />
            </section>
          </div>
        )}
      </div>
    </>
  );
}

interface NotesProps {
  isActive: boolean;
  version: Schemas["VersionView"];
  record: Schemas["RecordView"] | undefined;
}

/** Why a prediction would fail, and where the initial input comes from. */
function Notes({ isActive, version, record }: NotesProps) {
  return (
    <>
      {!isActive && (
        <Callout tone="warn" className="mb-5">
          This model is deactivated and answers no calls.{" "}
          <Link to="../settings" className="underline underline-offset-2">
            Activate it in its settings
          </Link>
          .
        </Callout>
      )}
      {version.is_quarantined && (
        <Callout tone="warn" className="mb-5">
          Version {version.number} is quarantined: {version.quarantine_reason}.{" "}
          <Link to=".." relative="path" className="underline underline-offset-2">
            Release it on the overview
          </Link>
          .
        </Callout>
      )}
      {record && (
        <p className="mb-5 text-sm text-soft">
          The rows are those of a call of version {record.version_number},{" "}
          <Time at={record.created_at} />.
        </p>
      )}
    </>
  );
}
