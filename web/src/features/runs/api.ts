import { infiniteQueryOptions, keepPreviousData, queryOptions } from "@tanstack/react-query";
import { type Generation, type GenerationStatus, http, take } from "@/api/client";
import type { components } from "@/api/schema";

type Wide = components["schemas"]["TraceOut"];

/** A text of the prompt and where it came from: `system`, `lore:<book>.<entry>`, `message:<id>`, … */
export interface Piece {
  readonly origin: string;
  readonly role: string;
  readonly text: string;
  readonly tokens: number;
}

export interface Trimmed {
  readonly origin: string;
  readonly tokens: number;
  readonly reason: string;
}

export interface LoreTrace {
  readonly status: "fired" | "trimmed" | "skipped";
  readonly book: string;
  readonly entry: string;
  readonly matches: readonly { readonly key: string; readonly source: string; readonly ref: string }[];
  readonly by?: string;
  readonly reason?: string;
  readonly position?: string;
  readonly tokens?: number;
}

export interface Trace {
  readonly generation: Generation;
  readonly run: Wide["run"];
  readonly steps: Wide["steps"];
  readonly prompt: readonly Piece[];
  readonly trimmed: readonly Trimmed[];
  readonly lore: readonly LoreTrace[];
  readonly retrieval: readonly Readonly<Record<string, unknown>>[];
}

export function traceQuery(generationId: string) {
  return queryOptions({
    queryKey: ["generations", generationId, "trace"],
    queryFn: async () => {
      const params = { path: { generationId } };
      return (await take(http.GET("/v1/generations/{generationId}/trace", { params }))) as unknown as Trace;
    },
    // One that is being written has no end yet: it is read anew when it is looked at again.
    staleTime: ({ state }) => (state.data?.generation.finishedAt === null ? 0 : Number.POSITIVE_INFINITY),
  });
}

export interface RunFilter {
  readonly status?: GenerationStatus;
  readonly chat?: string;
}

const PAGE = 50;

export function generationsQuery({ status, chat }: RunFilter) {
  return infiniteQueryOptions({
    queryKey: ["generations", "list", status ?? "", chat ?? ""],
    queryFn: async ({ pageParam }) => {
      const query = {
        limit: PAGE,
        ...(status && { status }),
        ...(chat && { chatId: chat }),
        ...(pageParam && { cursor: pageParam }),
      };
      const page = await take(http.GET("/v1/generations", { params: { query } }));
      return { items: page.items as Generation[], nextCursor: page.nextCursor };
    },
    initialPageParam: "",
    getNextPageParam: (page) => page.nextCursor || undefined,
    staleTime: 0,
  });
}

export type PipelineRun = components["schemas"]["PipelineRunOut"];

export interface PipelineRunFilter {
  readonly pipeline?: string;
  readonly chat?: string;
}

export function pipelineRunsQuery({ pipeline, chat }: PipelineRunFilter) {
  return infiniteQueryOptions({
    queryKey: ["generations", "list", "pipelines", pipeline ?? "", chat ?? ""],
    queryFn: ({ pageParam }) => {
      const query = {
        limit: PAGE,
        ...(pipeline && { pipelineId: pipeline }),
        ...(chat && { chatId: chat }),
        ...(pageParam && { cursor: pageParam }),
      };
      return take(http.GET("/v1/pipeline-runs", { params: { query } }));
    },
    initialPageParam: "",
    getNextPageParam: (page) => page.nextCursor || undefined,
    staleTime: 0,
  });
}

/** What the pipelines are called, by their ids. One that was deleted has no name any more. */
export const pipelineNamesQuery = queryOptions({
  queryKey: ["workshop", "pipelineNames"],
  queryFn: async (): Promise<Readonly<Record<string, string>>> => {
    const { items } = await take(http.GET("/v1/pipelines", { params: { query: { limit: 500 } } }));
    return Object.fromEntries(items.map(({ id, name }) => [id, name]));
  },
});

/** Chats whose title has the words; the newest when there are none. */
export function chatsFoundQuery(words: string) {
  return queryOptions({
    queryKey: ["chats", "found", words],
    queryFn: async () => {
      const query = { limit: 20, ...(words !== "" && { q: words }) };
      return (await take(http.GET("/v1/chats", { params: { query } }))).items;
    },
    placeholderData: keepPreviousData,
  });
}

export function chatTitleQuery(chatId: string) {
  return queryOptions({
    queryKey: ["chats", "one", chatId],
    queryFn: () => take(http.GET("/v1/chats/{chatId}", { params: { path: { chatId } } })),
    retry: false,
  });
}

/** Where the answering server is; null for the one inside Fabula, and for one that is gone. */
export function addressQuery(providerId: string) {
  return queryOptions({
    queryKey: ["workshop", "address", providerId],
    queryFn: async () => {
      const params = { query: { limit: 500 } };
      const { items } = await take(http.GET("/v1/provider-connections", { params }));
      return items.find((one) => one.id === providerId)?.baseUrl ?? null;
    },
  });
}
