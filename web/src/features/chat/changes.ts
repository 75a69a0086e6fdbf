import { http, type Message, newOperationId, take } from "@/api/client";
import { queryClient } from "@/app/server";
import { messagesKey } from "./api";
import type { BranchRef } from "./begun";
import { patchMessage, removeMessage } from "./pages";
import { turns } from "./session";

// Each change is shown as the server answers it; a refusal changes nothing and is thrown.

export async function editMessage(at: BranchRef, message: Message, promptText: string): Promise<void> {
  const changed = await take(
    http.PATCH("/v1/messages/{messageId}", {
      params: { path: { messageId: message.id } },
      body: { promptText, branchId: at.branchId, version: message.version },
    }),
  );
  put(at, changed as Message);
}

export async function hideMessage(at: BranchRef, message: Message, hidden: boolean): Promise<void> {
  const params = { path: { messageId: message.id } };
  const { version } = await take(http.POST("/v1/messages/{messageId}/hide", { params, body: { hidden } }));
  turns.change(at, (data) => patchMessage(data, message.id, { hidden, version }));
}

export async function deleteMessage(at: BranchRef, message: Message): Promise<void> {
  await take(http.DELETE("/v1/messages/{messageId}", { params: { path: { messageId: message.id } } }));
  turns.change(at, (data) => removeMessage(data, message.id));
}

export async function restoreMessage(at: BranchRef, message: Message): Promise<void> {
  await take(http.POST("/v1/messages/{messageId}/restore", { params: { path: { messageId: message.id } } }));
  await queryClient.invalidateQueries({ queryKey: messagesKey(at) });
}

/** A branch that begins after the message and keeps showing the variant seen now; made the active one. */
export async function forkBranch(at: BranchRef, message: Message): Promise<string> {
  const branch = await take(
    http.POST("/v1/chats/{chatId}/branches", {
      params: { path: { chatId: at.chatId } },
      headers: { "X-Operation-Id": newOperationId() },
      body: { forkedFromMessageId: message.id, forkedFromVariantId: message.selectedVariantId },
    }),
  );
  return activateBranch({ chatId: at.chatId, branchId: branch.id });
}

export async function activateBranch(at: BranchRef): Promise<string> {
  await take(http.POST("/v1/chats/{chatId}/branches/{branchId}/activate", { params: { path: at } }));
  await queryClient.invalidateQueries({ queryKey: ["chats"] });
  return at.branchId;
}

/** A chat of its own with the history up to the message. Answers its id. */
export async function forkChat(at: BranchRef, message: Message): Promise<string> {
  const chat = await take(
    http.POST("/v1/chats/{chatId}/fork", {
      params: { path: { chatId: at.chatId } },
      headers: { "X-Operation-Id": newOperationId() },
      body: { messageId: message.id, variants: "all" },
    }),
  );
  void queryClient.invalidateQueries({ queryKey: ["chats"] });
  return chat.id;
}

export function deleteVariant(messageId: string, variantId: string) {
  const params = { path: { messageId, variantId } };
  return take(http.DELETE("/v1/messages/{messageId}/variants/{variantId}", { params }));
}

function put(at: BranchRef, message: Message): void {
  turns.change(at, (data) => patchMessage(data, message.id, message));
}
