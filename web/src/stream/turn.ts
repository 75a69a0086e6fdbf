import type { SseFrame } from "./sse";

/** What the server says of one generation, and (`restart`, `lost`, `back`) what the client says of its line. */
export type TurnEvent =
  | { readonly type: "meta"; readonly meta: TurnMeta }
  | { readonly type: "delta"; readonly content: string }
  | { readonly type: "reasoning"; readonly content: string }
  | { readonly type: "snapshot"; readonly text: string; readonly reasoning: string }
  | { readonly type: "done"; readonly finalText: string; readonly finishReason: string | null }
  | { readonly type: "aborted"; readonly finalText: string }
  | { readonly type: "error"; readonly code: string; readonly message: string }
  /** The stream begins anew from its start: what was shown is told again. */
  | { readonly type: "restart" }
  | { readonly type: "lost" }
  | { readonly type: "back" };

export interface TurnMeta {
  readonly generationId: string;
  readonly chatId: string | null;
  readonly branchId: string | null;
  readonly userMessageId: string | null;
  readonly assistantMessageId: string | null;
  readonly variantId: string | null;
}

export type TurnPhase = "waiting" | "streaming" | "done" | "aborted" | "interrupted" | "error";

export interface TurnState {
  readonly phase: TurnPhase;
  readonly meta: TurnMeta | null;
  readonly text: string;
  readonly reasoning: string;
  readonly finishReason: string | null;
  readonly error: { readonly code: string; readonly message: string } | null;
  /** False while the line to the server is being mended. */
  readonly connected: boolean;
}

export const NEW_TURN: TurnState = {
  phase: "waiting",
  meta: null,
  text: "",
  reasoning: "",
  finishReason: null,
  error: null,
  connected: true,
};

export const INTERRUPTED = "generation.interrupted";

export function isSettled(state: TurnState): boolean {
  return state.phase !== "waiting" && state.phase !== "streaming";
}

/** The state after `event`. A settled turn takes no more events, so a late frame changes nothing. */
export function apply(state: TurnState, event: TurnEvent): TurnState {
  if (isSettled(state)) return state;
  switch (event.type) {
    case "meta":
      return { ...state, meta: event.meta };
    case "delta":
      return { ...state, phase: "streaming", text: state.text + event.content };
    case "reasoning":
      return { ...state, phase: "streaming", reasoning: state.reasoning + event.content };
    case "snapshot":
      return { ...state, phase: "streaming", text: event.text, reasoning: event.reasoning };
    case "done":
      return { ...state, phase: "done", text: event.finalText, finishReason: event.finishReason };
    case "aborted":
      return { ...state, phase: "aborted", text: event.finalText };
    case "error":
      return {
        ...state,
        phase: event.code === INTERRUPTED ? "interrupted" : "error",
        error: { code: event.code, message: event.message },
      };
    case "restart":
      return { ...state, phase: "waiting", text: "", reasoning: "" };
    case "lost":
      return { ...state, connected: false };
    case "back":
      return { ...state, connected: true };
  }
}

const PREFIX = "llm.stream.";

/** The event a frame carries; null for a type this page does not know, which a newer server may send. */
export function decodeTurnEvent(frame: SseFrame): TurnEvent | null {
  if (!frame.event.startsWith(PREFIX)) return null;
  const body = (JSON.parse(frame.data) as { data: Record<string, unknown> }).data;
  switch (frame.event.slice(PREFIX.length)) {
    case "meta":
      return { type: "meta", meta: decodeMeta(body) };
    case "delta":
      return { type: "delta", content: text(body.content) };
    case "reasoning":
      return { type: "reasoning", content: text(body.content) };
    case "snapshot":
      return { type: "snapshot", text: text(body.text), reasoning: text(body.reasoning) };
    case "done":
      return { type: "done", finalText: text(body.finalText), finishReason: textOrNull(body.finishReason) };
    case "aborted":
      return { type: "aborted", finalText: text(body.finalText) };
    case "error":
      return { type: "error", code: text(body.code), message: text(body.message) };
    default:
      return null;
  }
}

function decodeMeta(body: Record<string, unknown>): TurnMeta {
  return {
    generationId: text(body.generationId),
    chatId: textOrNull(body.chatId),
    branchId: textOrNull(body.branchId),
    userMessageId: textOrNull(body.userMessageId),
    assistantMessageId: textOrNull(body.assistantMessageId),
    variantId: textOrNull(body.variantId),
  };
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function textOrNull(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}
