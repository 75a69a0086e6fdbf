import type { Message } from "@/api/client";
import type { TurnMeta } from "@/stream/turn";
import { appendMessages, findMessage, listMessages, type MessagePages } from "./pages";

/** A branch of a chat: where a turn happens and which history is shown. */
export interface BranchRef {
  readonly chatId: string;
  readonly branchId: string;
}

/** What `meta` tells, shown at once; the server's own rows replace these when the turn settles. */
export function addBegun(
  data: MessagePages,
  at: BranchRef,
  text: string | null,
  meta: TurnMeta,
): MessagePages {
  const seq = (listMessages(data).at(-1)?.seq ?? -1) + 1;
  const added: Message[] = [];
  if (text !== null && meta.userMessageId !== null) {
    added.push({ ...newMessage(at, seq), id: meta.userMessageId, role: "user", promptText: text });
  }
  if (meta.assistantMessageId !== null && findMessage(data, meta.assistantMessageId) === null) {
    added.push({
      ...newMessage(at, seq + added.length),
      id: meta.assistantMessageId,
      state: "streaming",
      selectedVariantId: meta.variantId ?? "",
      generationId: meta.generationId,
    });
  }
  return appendMessages(data, added);
}

/** A message whose new variant is being written: the branch shows that one from now on. */
export function rewritten(message: Message, meta: TurnMeta): Partial<Message> {
  return {
    state: "streaming",
    generationId: meta.generationId,
    selectedVariantId: meta.variantId ?? message.selectedVariantId,
    variantCount: message.variantCount + 1,
  };
}

function newMessage(at: BranchRef, seq: number): Message {
  return {
    id: "",
    chatId: at.chatId,
    branchId: at.branchId,
    seq,
    role: "assistant",
    author: { kind: "", id: null, name: "" },
    promptText: "",
    format: "markdown",
    blocks: [],
    selectedVariantId: "",
    variantCount: 1,
    state: "settled",
    generationId: null,
    hidden: false,
    version: 1,
    createdAt: new Date().toISOString(),
  };
}
