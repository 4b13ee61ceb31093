import { Link } from "react-router";
import { CodeBlock } from "~/components/data/CodeBlock";
import { Tabs } from "~/components/layout/Tabs";
import {
  codeSnippet,
  KEY_PLACEHOLDER,
  SNIPPET_LANGUAGES,
  type SnippetCall,
  type SnippetKind,
} from "./snippets";

interface CodeSnippetsProps {
  call: SnippetCall;
  kind: SnippetKind;
  onChoose: (kind: SnippetKind) => void;
}

/** The call as code in several languages. */
export function CodeSnippets({ call, kind, onChoose }: CodeSnippetsProps) {
  const chosen = SNIPPET_LANGUAGES.find(({ id }) => id === kind) ?? SNIPPET_LANGUAGES[0];
  return (
    <Tabs
      label="Languages"
      tabs={SNIPPET_LANGUAGES}
      value={chosen?.id ?? "curl"}
      onChange={onChoose}
    >
      <CodeBlock
        label="The call as code"
        language={chosen?.language}
        code={codeSnippet(chosen?.id ?? "curl", call)}
      />
      <p className="mt-2 text-sm text-faint">
        Put a key in place of <code className="font-mono">{KEY_PLACEHOLDER}</code>:{" "}
        <Link to="/api-keys" className="text-accent underline underline-offset-2">
          create one
        </Link>
        .
      </p>
    </Tabs>
  );
}
