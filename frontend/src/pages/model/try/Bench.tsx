import { useMemo } from "react";
import { Link, useSearchParams } from "react-router";
import { Note } from "~/components/ui/Note";
import { Segments } from "~/components/ui/Segments";
import { Time } from "~/components/ui/Time";
import type { Schemas } from "~/services/api";
import { useModel } from "../ModelPage";
import { BatchPanel } from "./BatchPanel";
import { firstOf, inputOf } from "./body";
import { InputPanel } from "./InputPanel";
import { shapeOf } from "./inputs";
import { Outcome } from "./Outcome";
import { Snippets } from "./Snippets";
import { SNIPPET_LANGUAGES, type SnippetKind } from "./snippets";
import { useAsking } from "./useAsking";
import { VersionChoice } from "./VersionChoice";

const VIEWS = [
  { id: "form", label: "Form" },
  { id: "json", label: "JSON" },
  { id: "csv", label: "CSV file" },
] as const;
const BESIDE = "grid items-start gap-x-12 gap-y-10 lg:grid-cols-[minmax(0,3fr)_minmax(0,2fr)]";
type View = (typeof VIEWS)[number]["id"];

interface BenchProps {
  versions: readonly Schemas["VersionView"][];
  asked: Schemas["VersionView"];
  /** A call whose rows stand in the form at first. */
  record: Schemas["RecordView"] | undefined;
  /** What the model answered last. */
  latest: unknown;
}

export function Bench({ versions, asked, record, latest }: BenchProps) {
  const model = useModel();
  const [search, setSearch] = useSearchParams();
  const shape = useMemo(() => shapeOf(asked.input_schema), [asked.input_schema]);
  const version = asked.number === model.version_number ? null : asked.number;
  // Another version may take other columns, another record is another beginning.
  const begun = `${asked.number} ${record?.id}`;
  const asking = useAsking(
    begun,
    model.id,
    version,
    shape,
    record ? record.input_data : firstOf(shape, latest),
  );
  const choose = (name: string, value: string) =>
    setSearch(
      (before) => {
        if (value === "") before.delete(name);
        else before.set(name, value);
        return before;
      },
      { replace: true },
    );
  const views = shape.form === "unknown" ? VIEWS.filter(({ id }) => id === "json") : VIEWS;
  const view = (views.find(({ id }) => id === search.get("view")) ?? views[0])?.id ?? "json";
  const language = SNIPPET_LANGUAGES.find(({ id }) => id === search.get("code"))?.id ?? "curl";
  const notes = <Notes isActive={model.is_active} asked={asked} record={record} />;
  const segments = (
    <Segments<View>
      label="Ways to ask"
      segments={views}
      chosen={view}
      onChoose={(id) => choose("view", id === "form" ? "" : id)}
      aside={
        <VersionChoice
          versions={versions}
          asked={asked.number}
          serving={model.version_number}
          onChoose={(number) => choose("version", number)}
        />
      }
    >
      {view === "csv" ? (
        <BatchPanel
          key={begun}
          modelId={model.id}
          version={version}
          shape={shape}
          outputSchema={asked.output_schema}
        />
      ) : (
        <InputPanel key={begun} view={view} shape={shape} asking={asking} modelId={model.id} />
      )}
    </Segments>
  );
  return (
    <>
      {notes}
      <div className={view === "csv" ? undefined : BESIDE}>
        {segments}
        {view !== "csv" && (
          <div className="flex min-w-0 flex-col gap-8 lg:sticky lg:top-6">
            <Outcome asking={asking} modelId={model.id} outputSchema={asked.output_schema} />
            <section aria-label="As code">
              <Snippets
                kind={language satisfies SnippetKind}
                onChoose={(kind) => choose("code", kind === "curl" ? "" : kind)}
                call={{
                  origin: location.origin,
                  modelId: model.id,
                  version,
                  input: inputOf(shape, asking.question),
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
  asked: Schemas["VersionView"];
  record: Schemas["RecordView"] | undefined;
}

/** Why an answer may not come, and where the rows in the form come from. */
function Notes({ isActive, asked, record }: NotesProps) {
  return (
    <>
      {!isActive && (
        <Note tone="warn" className="mb-5">
          This model is deactivated and answers no calls.{" "}
          <Link to="../settings" className="underline underline-offset-2">
            Activate it in its settings
          </Link>
          .
        </Note>
      )}
      {asked.is_quarantined && (
        <Note tone="warn" className="mb-5">
          Version {asked.number} is quarantined: {asked.quarantine_reason}.{" "}
          <Link to=".." relative="path" className="underline underline-offset-2">
            Release it on the overview
          </Link>
          .
        </Note>
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
