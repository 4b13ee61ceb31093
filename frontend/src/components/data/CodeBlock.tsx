import { CopyButton } from "~/components/buttons/CopyButton";
import { cx } from "~/components/cx";
import { type Language, type TokenKind, tokenize } from "./tokenize";

const TOKEN_CLASSES: Record<TokenKind, string> = {
  comment: "text-faint",
  string: "text-success",
  number: "text-accent",
  keyword: "text-danger",
  plain: "",
};

export function CodeBlock({
  code,
  language = "text",
  label,
}: {
  code: string;
  language?: Language;
  label?: string;
}) {
  return (
    <div className="relative rounded-sm border bg-sunken">
      <section
        // biome-ignore lint/a11y/noNoninteractiveTabindex: it must be focusable to be scrolled by keyboard
        tabIndex={0}
        aria-label={label ?? "Code"}
        className="mr-12 overflow-x-auto py-4 pl-4"
      >
        <pre className="font-mono text-sm leading-6">
          <code>
            {tokenize(code, language).map(({ kind, text, start }) => (
              <span key={start} className={cx(TOKEN_CLASSES[kind])}>
                {text}
              </span>
            ))}
          </code>
        </pre>
      </section>
      <div className="absolute top-2 right-2">
        <CopyButton text={code} label="Copy the code" />
      </div>
    </div>
  );
}
