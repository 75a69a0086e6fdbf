import type { Piece, Trace } from "./api";

export const ORIGINS = ["system", "lore", "example", "message", "note", "passage", "post"] as const;
export type Origin = (typeof ORIGINS)[number];

/** The family of an origin, by its first word; what a newer server adds counts as part of the system prompt. */
export function familyOf(origin: string): Origin {
  const word = origin.split(/[:_]/u, 1)[0] ?? "";
  const families: Readonly<Record<string, Origin>> = {
    lore: "lore",
    example: "example",
    examples: "example",
    message: "message",
    note: "note",
    author: "note",
    depth: "note",
    character: "note",
    passage: "passage",
    chunk: "passage",
    post: "post",
    ask: "post",
    mode: "post",
  };
  return families[word] ?? "system";
}

export interface Share {
  readonly origin: Origin;
  readonly tokens: number;
}

/** How the prompt's tokens divide over the families, in the order of `ORIGINS`; those without any left out. */
export function shareTokens(prompt: readonly Piece[]): readonly Share[] {
  return ORIGINS.map((origin) => ({
    origin,
    tokens: prompt.reduce((sum, piece) => sum + (familyOf(piece.origin) === origin ? piece.tokens : 0), 0),
  })).filter(({ tokens }) => tokens > 0);
}

/** The messages as sent: neighbours of one role are one message. */
export function mergeMessages(prompt: readonly Piece[]): readonly { role: string; content: string }[] {
  const merged: { role: string; content: string }[] = [];
  for (const { role, text } of prompt) {
    const last = merged.at(-1);
    if (last?.role === role) last.content += `\n\n${text}`;
    else merged.push({ role, content: text });
  }
  return merged;
}

/** The upstream request as a command; the key is left to the one who runs it. */
export function toCurl(trace: Trace, address: string | null): string {
  const base = (address ?? "http://localhost:8080/v1").replace(/\/+$/u, "");
  const body = {
    model: trace.generation.model,
    messages: mergeMessages(trace.prompt),
    ...readParams(trace),
    stream: true,
  };
  const quoted = JSON.stringify(body, null, 2).replaceAll("'", String.raw`'\''`);
  return [
    `curl ${base}/chat/completions`,
    `-H 'Content-Type: application/json'`,
    `-H "Authorization: Bearer $API_KEY"`,
    `-d '${quoted}'`,
  ].join(" \\\n  ");
}

/** The raw parameters that the model was given. */
export function readParams(trace: Trace): Readonly<Record<string, unknown>> {
  const step = trace.steps.find(({ type }) => type === "llm");
  const params = step?.input?.params;
  return typeof params === "object" && params !== null ? (params as Record<string, unknown>) : {};
}
