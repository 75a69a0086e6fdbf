import type { MarkdownIt, StateCore, Token } from "markdown-it";

interface Mark {
  readonly token: number;
  readonly at: number;
  readonly letter: string;
  readonly level: number;
}

// A type, for an interface has no index signature, which the parser asks of its environment.
export type QuotesEnv = {
  /** The text goes on: a quotation without an end is only not finished yet, and shows as one already. */
  readonly growing?: boolean;
};

const CLOSERS: Readonly<Record<string, string>> = {
  "“": "”",
  "„": "“”",
  "«": "»",
  "「": "」",
  "『": "』",
  '"': '"',
};
const QUOTE = /["“”„«»「」『』]/gu;

/** Puts what a character says, between quotation marks, into `<q>`; the marks themselves stay as written. */
export function quotes(md: MarkdownIt): void {
  md.core.ruler.after("inline", "quotes", (state) => {
    const inlines = state.tokens.filter((token) => token.type === "inline");
    for (const token of inlines) {
      const growing = (state.env as QuotesEnv).growing === true && token === inlines.at(-1);
      if (token.children !== null) token.children = wrap(state, token.children, growing);
    }
  });
}

function wrap(state: StateCore, tokens: readonly Token[], growing: boolean): Token[] {
  const edges = new Map<number, Map<number, "open" | "close">>();
  const put = (mark: Mark, edge: "open" | "close") => {
    const inToken = edges.get(mark.token) ?? new Map<number, "open" | "close">();
    edges.set(mark.token, inToken.set(edge === "open" ? mark.at : mark.at + 1, edge));
  };
  for (const [open, close] of pair(findMarks(tokens), growing ? findEnd(tokens) : null)) {
    put(open, "open");
    put(close, "close");
  }
  return tokens.flatMap((token, index) => {
    const inToken = edges.get(index);
    return inToken === undefined ? [token] : split(state, token, inToken);
  });
}

function findMarks(tokens: readonly Token[]): Mark[] {
  return tokens.flatMap((token, index) =>
    token.type !== "text"
      ? []
      : [...token.content.matchAll(QUOTE)].map((match) => ({
          token: index,
          at: match.index,
          letter: match[0],
          level: token.level,
        })),
  );
}

/** Behind the last letter, as if it were a mark; null when the text does not end in plain letters. */
function findEnd(tokens: readonly Token[]): Mark | null {
  const last = tokens.at(-1);
  if (last?.type !== "text") return null;
  return { token: tokens.length - 1, at: last.content.length - 1, letter: "", level: last.level };
}

/** Outermost pairs whose ends stand at one depth of emphasis, so that `<q>` never crosses another element. */
function pair(marks: readonly Mark[], end: Mark | null): [Mark, Mark][] {
  const found: [Mark, Mark][] = [];
  let open: Mark | null = null;
  for (const mark of marks) {
    if (open === null) {
      if (mark.letter in CLOSERS) open = mark;
    } else if (CLOSERS[open.letter]?.includes(mark.letter)) {
      if (open.level === mark.level) found.push([open, mark]);
      open = null;
    }
  }
  if (open !== null && end !== null && open.level === end.level) found.push([open, end]);
  return found;
}

function split(state: StateCore, token: Token, edges: ReadonlyMap<number, "open" | "close">): Token[] {
  const out: Token[] = [];
  let from = 0;
  const text = (to: number) => {
    if (to === from) return;
    const part = new state.Token("text", "", 0);
    part.content = token.content.slice(from, to);
    part.level = token.level;
    out.push(part);
    from = to;
  };
  for (const [at, edge] of [...edges].sort(([a], [b]) => a - b)) {
    text(at);
    out.push(new state.Token(`q_${edge}`, "q", edge === "open" ? 1 : -1));
  }
  text(token.content.length);
  return out;
}
