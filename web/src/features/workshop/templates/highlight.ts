export type TokenKind = "text" | "tag" | "output" | "macro" | "comment";

export interface Token {
  readonly kind: TokenKind;
  readonly text: string;
}

const MARKS =
  /\{#.*?#\}|\{%-?\s*comment\s*-?%\}[\s\S]*?\{%-?\s*endcomment\s*-?%\}|\{%[\s\S]*?%\}|\{\{[\s\S]*?\}\}/gu;
// A macro has no spaces around its name and may carry arguments; Liquid's own output is anything else.
const MACRO = /^\{\{(?:[a-z_]+(?:::?[^{}]*)?|\/\/[^{}]*)\}\}$/iu;

/** A template's text cut into Liquid tags, outputs, macros and plain text; joined it is the text again. */
export function tokenize(source: string): readonly Token[] {
  const tokens: Token[] = [];
  let end = 0;
  for (const match of source.matchAll(MARKS)) {
    if (match.index > end) tokens.push({ kind: "text", text: source.slice(end, match.index) });
    tokens.push({ kind: kindOf(match[0]), text: match[0] });
    end = match.index + match[0].length;
  }
  if (end < source.length) tokens.push({ kind: "text", text: source.slice(end) });
  return tokens;
}

function kindOf(mark: string): TokenKind {
  if (mark.startsWith("{#") || /^\{%-?\s*comment/u.test(mark)) return "comment";
  if (mark.startsWith("{%")) return "tag";
  return MACRO.test(mark) ? "macro" : "output";
}

/** Where line and column (from 1) lie in the text. A place after the end is the end. */
export function offsetOf(source: string, line: number, column: number): number {
  const lines = source.split("\n");
  const before = lines.slice(0, line - 1).reduce((sum, text) => sum + text.length + 1, 0);
  return Math.min(source.length, before + Math.min(column - 1, (lines[line - 1] ?? "").length));
}
