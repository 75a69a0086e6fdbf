import createClient from "openapi-fetch";
import { toApiError } from "./errors";
import type { components, paths } from "./schema";

type Schemas = components["schemas"];
export type Profile = Schemas["ProfileOut"];
export type Chat = Schemas["ChatOut"];
export type Branch = Schemas["BranchOut"];
export type Persona = Schemas["PersonaOut"];
export type Template = Schemas["TemplateOut"];
export type Preset = Schemas["PresetOut"];
export type Connection = Schemas["ConnectionOut"];
export type Lorebook = Schemas["BookOut"];
export type LoreEntry = Schemas["EntryOut"];

/** What a chat binds itself; what is absent is decided by the character, then by the workspace. */
export type ChatSettings = Schemas["SettingsIn"];
export const settingsOf = (chat: Chat) => chat.settings as ChatSettings;

export type GenerationStatus = "streaming" | "done" | "aborted" | "error" | "interrupted";
export type Generation = Narrow<
  Schemas["GenerationOut"],
  { status: GenerationStatus; error: { readonly code?: string; readonly message?: string } | null }
>;

// The document calls closed sets and blocks by their widest types; these are the ones it promises in words.
type Narrow<Wide, Fields extends { [Key in keyof Wide]?: unknown }> = Omit<Wide, keyof Fields> & Fields;

export type MessageState = "streaming" | "settled" | "interrupted" | "error";

export interface Block {
  readonly [field: string]: unknown;
  readonly type?: string;
  readonly visibility?: string;
  readonly text?: string;
}

export type Message = Narrow<
  Schemas["MessageOut"],
  { role: "user" | "assistant" | "system" | "tool"; state: MessageState; blocks: Block[] }
>;
export type Variant = Narrow<Schemas["VariantOut"], { state: MessageState; blocks: Block[] }>;
export type ImportItem = Narrow<Schemas["ImportItemOut"], { status: "created" | "duplicate" | "failed" }>;

export const http = createClient<paths>({
  baseUrl: location.origin,
  // Looked up at each call, so that a test can stand in for the server.
  fetch: (request) => fetch(request),
});

interface Answer<T> {
  readonly data?: T;
  readonly error?: unknown;
  readonly response: Response;
}

/** The body of a successful answer; throws `ApiError` otherwise. */
export async function take<T>(pending: Promise<Answer<T>>): Promise<T> {
  const { data, error, response } = await pending;
  if (!response.ok) throw toApiError(response.status, error);
  return data as T;
}

export function newOperationId(): string {
  // `randomUUID` exists only on https and localhost; a server on the home network is reached over http.
  if (typeof crypto.randomUUID === "function") return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** POST of a turn, answered as a stream. `operationId` makes a repeat attach instead of starting twice. */
export function postTurn(
  path: string,
  body: unknown,
  operationId: string,
  signal: AbortSignal,
): Promise<Response> {
  return fetch(path, {
    method: "POST",
    headers: {
      Accept: "text/event-stream",
      "Content-Type": "application/json",
      "X-Operation-Id": operationId,
    },
    body: JSON.stringify(body),
    signal,
  });
}

export function openStream(path: string, lastEventId: string | null, signal: AbortSignal): Promise<Response> {
  const headers: Record<string, string> = { Accept: "text/event-stream" };
  if (lastEventId !== null) headers["Last-Event-ID"] = lastEventId;
  return fetch(path, { headers, signal, cache: "no-store" });
}
