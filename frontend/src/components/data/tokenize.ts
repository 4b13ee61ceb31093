/** Splits code into tokens for syntax highlighting. Good enough for snippets; not a parser. */

export type Language = "json" | "python" | "javascript" | "shell" | "text";
export type TokenKind = "comment" | "string" | "number" | "keyword" | "plain";

export interface Token {
  kind: TokenKind;
  text: string;
  /** Offset of the first character. */
  start: number;
}

const STRING = String.raw`"(?:[^"\\\n]|\\.)*"|'(?:[^'\\]|\\.)*'|\x60(?:[^\x60\\]|\\.)*\x60`;
const NUMBER = String.raw`(?<![\w.])-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w.])`;
const COMMENTS: Partial<Record<Language, string>> = {
  python: "#[^\\n]*",
  shell: "(?<=^|\\s)#[^\\n]*",
  javascript: "//[^\\n]*",
};
const KEYWORDS: Partial<Record<Language, string>> = {
  json: "true|false|null",
  python: "import|from|as|def|return|for|in|with|if|else|not|None|True|False|print",
  javascript: "import|from|const|let|await|async|return|function|new|true|false|null|for|of",
  shell: "curl|export|echo",
};

export function tokenize(code: string, language: Language): Token[] {
  if (language === "text") return [{ kind: "plain", text: code, start: 0 }];
  const pattern = tokenPattern(language);
  const tokens: Token[] = [];
  let end = 0;
  for (const match of code.matchAll(pattern)) {
    if (match.index > end)
      tokens.push({ kind: "plain", text: code.slice(end, match.index), start: end });
    tokens.push({ kind: matchedKind(match.groups), text: match[0], start: match.index });
    end = match.index + match[0].length;
  }
  if (end < code.length) tokens.push({ kind: "plain", text: code.slice(end), start: end });
  return tokens;
}

function tokenPattern(language: Language): RegExp {
  const comment = COMMENTS[language];
  const parts = [
    ...(comment ? [`(?<comment>${comment})`] : []),
    `(?<string>${STRING})`,
    `(?<number>${NUMBER})`,
    `(?<keyword>\\b(?:${KEYWORDS[language]})\\b)`,
  ];
  return new RegExp(parts.join("|"), "gm");
}

const matchedKind = (groups: Record<string, string> | undefined): TokenKind =>
  (["comment", "string", "number", "keyword"] as const).find(
    (kind) => groups?.[kind] !== undefined,
  ) ?? "plain";
