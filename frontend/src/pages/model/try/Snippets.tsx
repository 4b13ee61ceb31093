import { Link } from "react-router";
import { CodeBlock } from "~/components/ui/CodeBlock";
import { Segments } from "~/components/ui/Segments";
import { type Call, KEY, SNIPPET_LANGUAGES, type SnippetKind, snippetOf } from "./snippets";

interface SnippetsProps {
  call: Call;
  kind: SnippetKind;
  onChoose: (kind: SnippetKind) => void;
}

/** The call as code, in the language of whoever will make it. */
export function Snippets({ call, kind, onChoose }: SnippetsProps) {
  const chosen = SNIPPET_LANGUAGES.find(({ id }) => id === kind) ?? SNIPPET_LANGUAGES[0];
  return (
    <Segments
      label="Languages"
      segments={SNIPPET_LANGUAGES}
      chosen={chosen?.id ?? "curl"}
      onChoose={onChoose}
    >
      <CodeBlock
        label="The call as code"
        language={chosen?.language}
        code={snippetOf(chosen?.id ?? "curl", call)}
      />
      <p className="mt-2 text-sm text-faint">
        Put a key in place of <code className="font-mono">{KEY}</code>:{" "}
        <Link to="/api-keys" className="text-accent underline underline-offset-2">
          make one
        </Link>
        .
      </p>
    </Segments>
  );
}
