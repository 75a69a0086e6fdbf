/** One dispatched event of a `text/event-stream`. `id` is the last id seen so far, as the standard says. */
export interface SseFrame {
  readonly id: string | null;
  readonly event: string;
  readonly data: string;
}

export type SseParser = (chunk: string) => SseFrame[];

/**
 * A parser for one stream: give it text as it comes, cut anywhere, and take the frames it completes.
 * Follows the WHATWG event stream format: LF, CR and CRLF ends, comments, a leading BOM, several `data`
 * lines joined by LF; a frame without data is not dispatched, but its id is remembered.
 */
export function createSseParser(): SseParser {
  let rest = "";
  let begun = false;
  let id: string | null = null;
  let event = "";
  let data: string[] = [];

  function takeLine(line: string, out: SseFrame[]): void {
    if (line === "") {
      if (data.length > 0) out.push({ id, event: event || "message", data: data.join("\n") });
      event = "";
      data = [];
      return;
    }
    const [field, value] = splitField(line);
    if (field === "data") data.push(value);
    else if (field === "event") event = value;
    else if (field === "id" && !value.includes("\0")) id = value;
  }

  return (chunk) => {
    const out: SseFrame[] = [];
    rest += chunk;
    if (!begun && rest !== "") {
      begun = true;
      if (rest.startsWith("\uFEFF")) rest = rest.slice(1);
    }
    let from = 0;
    for (;;) {
      const end = findLineEnd(rest, from);
      if (end === null) break;
      takeLine(rest.slice(from, end.at), out);
      from = end.next;
    }
    rest = rest.slice(from);
    return out;
  };
}

/** A comment (`:` first) gives an empty field name, which no branch takes. */
function splitField(line: string): [string, string] {
  const colon = line.indexOf(":");
  if (colon < 0) return [line, ""];
  const value = line.slice(colon + 1);
  return [line.slice(0, colon), value.startsWith(" ") ? value.slice(1) : value];
}

/** A CR at the very end waits for the next chunk: it may be half of a CRLF. */
function findLineEnd(text: string, from: number): { at: number; next: number } | null {
  for (let at = from; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === 10) return { at, next: at + 1 };
    if (code !== 13) continue;
    if (at + 1 === text.length) return null;
    return { at, next: text.charCodeAt(at + 1) === 10 ? at + 2 : at + 1 };
  }
  return null;
}
