import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { http, type Message, newOperationId, take } from "@/api/client";
import type { MessagePage, PagePlace } from "./pages";

export const PAGE = 40;
/** 40 × 4 stays under the 200 messages a page may hold; those further away are fetched again. */
const MOST_PAGES = 4;
const LIST_PAGE = 60;

export const chatsQuery = infiniteQueryOptions({
  queryKey: ["chats", "list"],
  queryFn: ({ pageParam }) =>
    take(
      http.GET("/v1/chats", {
        params: { query: { limit: LIST_PAGE, ...(pageParam && { cursor: pageParam }) } },
      }),
    ),
  initialPageParam: "",
  getNextPageParam: (page) => page.nextCursor || undefined,
});

export function chatQuery(id: string) {
  return queryOptions({
    queryKey: ["chats", "one", id],
    queryFn: () => take(http.GET("/v1/chats/{id}", { params: { path: { id } } })),
  });
}

export const messagesKey = (chatId: string) => ["messages", chatId] as const;

/** Pages from the newest (first) to the oldest; "next" is further back, "previous" is nearer to now. */
export function messagesQuery(chatId: string) {
  return infiniteQueryOptions({
    queryKey: messagesKey(chatId),
    queryFn: ({ pageParam }) => fetchMessages(chatId, pageParam),
    initialPageParam: {} as PagePlace,
    getNextPageParam: (page): PagePlace | undefined =>
      page.hasOlder ? { before: page.items[0]?.seq } : undefined,
    getPreviousPageParam: (page): PagePlace | undefined =>
      page.hasNewer ? { after: page.items.at(-1)?.seq } : undefined,
    maxPages: MOST_PAGES,
    // An open chat follows its events; one that was left does not, so it is read anew.
    gcTime: 0,
  });
}

export async function fetchMessages(chatId: string, place: PagePlace): Promise<MessagePage> {
  const { before, after } = place;
  const query = {
    limit: PAGE,
    ...(before !== undefined && { before }),
    ...(after !== undefined && { after }),
  };
  const { items } = await take(
    http.GET("/v1/chats/{id}/messages", { params: { path: { id: chatId }, query } }),
  );
  const full = items.length === PAGE;
  return {
    items,
    hasOlder: after !== undefined || (full && (items[0]?.seq ?? 0) > 0),
    hasNewer: before !== undefined || (after !== undefined && full),
  };
}

export function variantsQuery(message: Pick<Message, "id" | "variantCount">) {
  return queryOptions({
    // The count is part of the key: a new variant makes the old list useless.
    queryKey: ["variants", message.id, message.variantCount],
    queryFn: async () => {
      const path = { id: message.id };
      const page = await take(
        http.GET("/v1/messages/{id}/variants", { params: { path, query: { limit: 500 } } }),
      );
      return page.items;
    },
  });
}

export function selectVariant(id: string, vid: string) {
  return take(http.POST("/v1/messages/{id}/variants/{vid}/select", { params: { path: { id, vid } } }));
}

export interface Failure {
  readonly code: string;
  readonly message: string;
}

/** Why a generation failed; null when it did not, or does not say. */
export function failureQuery(generationId: string) {
  return queryOptions({
    queryKey: ["generations", generationId, "failure"],
    queryFn: async (): Promise<Failure | null> => {
      const path = { id: generationId };
      const { error } = await take(http.GET("/v1/generations/{id}", { params: { path } }));
      if (error === null || typeof error !== "object") return null;
      const { code, message } = error as Readonly<Record<string, unknown>>;
      return { code: String(code ?? ""), message: String(message ?? "") };
    },
  });
}

export function abortGeneration(id: string) {
  return take(http.POST("/v1/generations/{id}/abort", { params: { path: { id } } }));
}

export const deleteChat = (id: string) => take(http.DELETE("/v1/chats/{id}", { params: { path: { id } } }));
export const restoreChat = (id: string) =>
  take(
    http.POST("/v1/chats/{id}/restore", {
      params: { path: { id } },
      headers: { "X-Operation-Id": newOperationId() },
    }),
  );
