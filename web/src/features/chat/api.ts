import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { http, type Message, newOperationId, take, type Variant } from "@/api/client";
import type { BranchRef } from "./begun";
import { type MessagePage, MOST_PAGES, PAGE, type PagePlace } from "./pages";

const LIST_PAGE = 60;
/** The server's most at once; a message with more shows the oldest of them. */
const MOST_VARIANTS = 500;
const MOST_BRANCHES = 500;

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
    queryFn: () => take(http.GET("/v1/chats/{chatId}", { params: { path: { chatId: id } } })),
  });
}

export function branchesQuery(chatId: string) {
  return queryOptions({
    queryKey: ["chats", "branches", chatId],
    queryFn: async () => {
      const params = { path: { chatId }, query: { limit: MOST_BRANCHES } };
      return (await take(http.GET("/v1/chats/{chatId}/branches", { params }))).items;
    },
  });
}

const START: PagePlace = {};

export const messagesKey = (at: BranchRef) => ["messages", at.chatId, at.branchId] as const;

/** Pages from the newest (first) to the oldest; "next" is further back, "previous" is nearer to now. */
export function messagesQuery(at: BranchRef) {
  return infiniteQueryOptions({
    queryKey: messagesKey(at),
    queryFn: ({ pageParam }) => fetchMessages(at, pageParam),
    initialPageParam: START,
    getNextPageParam: (page): PagePlace | undefined =>
      page.hasOlder ? { before: page.items[0]?.seq } : undefined,
    getPreviousPageParam: (page): PagePlace | undefined =>
      page.hasNewer ? { after: page.items.at(-1)?.seq } : undefined,
    maxPages: MOST_PAGES,
    // An open chat follows its events; one that was left does not, so it is read anew.
    gcTime: 0,
  });
}

export async function fetchMessages(at: BranchRef, place: PagePlace, limit = PAGE): Promise<MessagePage> {
  const { before, after } = place;
  const { chatId, branchId } = at;
  const query = {
    limit,
    branchId,
    ...(before !== undefined && { before }),
    ...(after !== undefined && { after }),
  };
  const page = await take(http.GET("/v1/chats/{chatId}/messages", { params: { path: { chatId }, query } }));
  const items = page.items as Message[];
  const full = items.length === limit;
  return {
    items,
    hasOlder: after !== undefined || (full && (items[0]?.seq ?? 0) > 0),
    hasNewer: before !== undefined || (after !== undefined && full),
  };
}

export function variantsQuery(message: Message, branchId: string) {
  return queryOptions({
    // A new variant, and the end of one that was being written, make the old list useless.
    queryKey: ["variants", message.id, branchId, message.variantCount, message.state],
    queryFn: async () => {
      const path = { messageId: message.id };
      const page = await take(
        http.GET("/v1/messages/{messageId}/variants", {
          params: { path, query: { branchId, limit: MOST_VARIANTS } },
        }),
      );
      return page.items as Variant[];
    },
  });
}

export function selectVariant(id: string, vid: string, branchId: string) {
  return take(
    http.POST("/v1/messages/{messageId}/variants/{variantId}/select", {
      params: { path: { messageId: id, variantId: vid } },
      body: { branchId },
    }),
  );
}

export interface Failure {
  readonly code: string;
  readonly message: string;
  /** Leads to the failure in the server's log; absent where only a stream told of it. */
  readonly traceId?: string | null;
}

/** Why a generation failed; null when it did not, or does not say. */
export function failureQuery(generationId: string) {
  return queryOptions({
    queryKey: ["generations", generationId, "failure"],
    queryFn: async (): Promise<Failure | null> => {
      const path = { generationId };
      const { error } = await take(http.GET("/v1/generations/{generationId}", { params: { path } }));
      if (error === null || typeof error !== "object") return null;
      const { code, message } = error as Readonly<Partial<Record<"code" | "message", string>>>;
      return { code: code ?? "", message: message ?? "" };
    },
  });
}

export function abortGeneration(id: string) {
  return take(http.POST("/v1/generations/{generationId}/abort", { params: { path: { generationId: id } } }));
}

export const deleteChat = (id: string) =>
  take(http.DELETE("/v1/chats/{chatId}", { params: { path: { chatId: id } } }));
export const restoreChat = (id: string) =>
  take(
    http.POST("/v1/chats/{chatId}/restore", {
      params: { path: { chatId: id } },
      headers: { "X-Operation-Id": newOperationId() },
    }),
  );
