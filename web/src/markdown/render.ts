import DOMPurify from "dompurify";
import MarkdownIt, { type Token } from "markdown-it";
import { type QuotesEnv, quotes } from "./quotes";

// No raw HTML: what a model or a card wrote in angle brackets is shown as written, never run and never lost.
// Indented code is off, for stories indent; pictures are off, for another host must not learn of a reader.
const md = new MarkdownIt({ html: false, breaks: true, linkify: false, typographer: false })
  .disable(["code", "image"])
  .use(quotes);

// The renderer makes only these; the list stands guard should it ever make more.
const ALLOWED = {
  ALLOWED_TAGS: [
    ..."p br em strong s q a code pre blockquote ul ol li hr".split(" "),
    ..."h1 h2 h3 h4 h5 h6 table thead tbody tr th td".split(" "),
  ],
  ALLOWED_ATTR: ["href", "title", "start", "target", "rel"],
};

// Anything but text and bare tags of the list. Without it there is nothing to guard against, and the guard costs as
// much as all the rest. A letter `<` of the text itself is `&lt;` here.
const SUSPECT = new RegExp(`<(?!/?(?:${ALLOWED.ALLOWED_TAGS.join("|")})>)`, "u");

/** Sanitised HTML of each top-level block, so that a growing text changes only its last ones. */
export function renderBlocks(text: string, env: QuotesEnv = {}): readonly string[] {
  return group(md.parse(text, env)).map((tokens) => {
    const html = md.renderer.render(tokens, md.options, env);
    return SUSPECT.test(html) ? DOMPurify.sanitize(html, ALLOWED) : html;
  });
}

function group(tokens: readonly Token[]): Token[][] {
  const groups: Token[][] = [];
  let open: Token[] = [];
  let depth = 0;
  for (const token of tokens) {
    for (const child of token.children ?? []) if (child.type === "link_open") outward(child);
    open.push(token);
    depth += token.nesting;
    if (depth > 0) continue;
    groups.push(open);
    open = [];
  }
  return groups;
}

function outward(link: Token): void {
  link.attrSet("target", "_blank");
  link.attrSet("rel", "noopener noreferrer nofollow");
}
