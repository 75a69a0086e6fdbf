import type { Message } from "@/api/client";
import type { MessagePage, MessagePages } from "./pages";

/** A settled message at a place; even places are the assistant's. */
export function createMessage(seq: number, patch: Partial<Message> = {}): Message {
  return {
    id: `m${seq}`,
    chatId: "c1",
    branchId: "b1",
    seq,
    role: seq % 2 === 0 ? "assistant" : "user",
    author: { kind: "user", id: null, name: "" },
    promptText: `text ${seq}`,
    format: "markdown",
    blocks: [],
    selectedVariantId: `v${seq}`,
    variantCount: 1,
    state: "settled",
    generationId: null,
    hidden: false,
    version: 1,
    createdAt: "2026-11-20T10:00:00.000Z",
    ...patch,
  };
}

export function createPage(from: number, to: number, patch: Partial<MessagePage> = {}): MessagePage {
  const items = Array.from({ length: to - from + 1 }, (_, index) => createMessage(from + index));
  return { items, hasOlder: from > 0, hasNewer: false, ...patch };
}

/** Pages as a query holds them: newest first. */
export function createPages(...pages: MessagePage[]): MessagePages {
  return {
    pages,
    pageParams: pages.map((page, index) => (index === 0 ? {} : { before: page.items.at(-1)?.seq })),
  };
}
