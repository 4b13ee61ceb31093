/** Cuts code into what is coloured alike. Good for snippets, not a parser. */

export type Language = "json" | "python" | "javascript" | "shell" | "text";
export type TokenKind = "comment" | "string" | "number" | "keyword" | "plain";

export interface Token {
  kind: TokenKind;
  text: string;
  /** Where it begins. */
  at: number;
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

export function tokensOf(code: string, language: Language): Token[] {
  if (language === "text") return [{ kind: "plain", text: code, at: 0 }];
  const pattern = patternOf(language);
  const tokens: Token[] = [];
  let end = 0;
  for (const match of code.matchAll(pattern)) {
    if (match.index > end)
      tokens.push({ kind: "plain", text: code.slice(end, match.index), at: end });
    tokens.push({ kind: kindOf(match.groups), text: match[0], at: match.index });
    end = match.index + match[0].length;
  }
  if (end < code.length) tokens.push({ kind: "plain", text: code.slice(end), at: end });
  return tokens;
}

function patternOf(language: Language): RegExp {
  const comment = COMMENTS[language];
  const parts = [
    ...(comment ? [`(?<comment>${comment})`] : []),
    `(?<string>${STRING})`,
    `(?<number>${NUMBER})`,
    `(?<keyword>\\b(?:${KEYWORDS[language]})\\b)`,
  ];
  return new RegExp(parts.join("|"), "gm");
}

const kindOf = (groups: Record<string, string> | undefined): TokenKind =>
  (["comment", "string", "number", "keyword"] as const).find(
    (kind) => groups?.[kind] !== undefined,
  ) ?? "plain";
