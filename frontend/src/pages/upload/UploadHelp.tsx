/** How to save a model, and what happens to an uploaded file. */

import { CodeBlock } from "~/components/data/CodeBlock";

const SAVE_EXAMPLE = `import joblib

model.fit(X, y)
joblib.dump(model, "model.joblib")`;

export function UploadHelp() {
  return (
    <aside aria-label="About model files" className="min-w-0 text-sm text-soft">
      <h2 className="mb-2 text-base text-ink">How to save one</h2>
      <CodeBlock code={SAVE_EXAMPLE} language="python" label="How to save a model" />
      <p className="mt-3">
        Save the whole pipeline, with the steps that prepare its columns: then rows are sent as they
        are. A DataFrame to fit on gives the columns their names.
      </p>
      <h2 className="mt-6 mb-2 text-base text-ink">What happens to it</h2>
      <ol className="grid gap-2">
        <li>
          It is opened in a sandbox, without network and files. What it may name is limited by a
          list.
        </li>
        <li>Its columns, types and classes are read, and every call is checked against them.</li>
        <li>It gets its own address, and each call is recorded.</li>
      </ol>
    </aside>
  );
}
