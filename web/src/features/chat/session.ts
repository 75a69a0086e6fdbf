import { useInfiniteQuery } from "@tanstack/react-query";
import { useEffect, useMemo, useSyncExternalStore } from "react";
import type { Message } from "@/api/client";
import { queryClient, workspaceEvents } from "@/app/server";
import { LiveTurns } from "@/stream/live";
import type { TurnState } from "@/stream/turn";
import type { WorkspaceEvent } from "@/stream/workspace";
import { toasts } from "@/ui/toasts";
import { type Failure, messagesQuery } from "./api";
import type { BranchRef } from "./begun";
import { Outbox, type OutMessage } from "./outbox";
import { findMessage, listMessages, patchMessage } from "./pages";
import { ChatTurns, personaKey, replyKey } from "./turns";

export const turns = new ChatTurns(queryClient, new LiveTurns(), new Outbox(), tellError);

/** The turn being written into a message, or under an outbox id; undefined when there is none. */
export function useLiveTurn(key: string): TurnState | undefined {
  return useSyncExternalStore(
    useMemo(() => (changed: () => void) => turns.live.subscribe(key, changed), [key]),
    () => turns.live.get(key),
  );
}

export function useOutbox(branchId: string): readonly OutMessage[] {
  return useSyncExternalStore(turns.outbox.watch, () => turns.outbox.list(branchId));
}

/** The loaded messages of an open branch, kept in step with every other page that has it open. */
export function useChatMessages(at: BranchRef) {
  const query = useInfiniteQuery(messagesQuery(at));
  const messages = useMemo(() => (query.data === undefined ? [] : listMessages(query.data)), [query.data]);
  useEffect(() => turns.attach(at, messages), [at, messages]);
  useEffect(() => {
    const stopListening = workspaceEvents.listen((event) => void followChat(at, event));
    return () => {
      stopListening();
      turns.leave(at);
    };
  }, [at]);
  return { query, messages };
}

async function followChat(at: BranchRef, event: WorkspaceEvent): Promise<void> {
  if (event.data.chatId !== at.chatId || turns.isStarting(at)) return;
  const { messageId, generationId } = event.data;
  if (
    event.type === "generation.started" &&
    typeof messageId === "string" &&
    typeof generationId === "string"
  ) {
    // A new variant of a message that the newest page may not reach.
    turns.change(at, (data) =>
      findMessage(data, messageId) === null
        ? data
        : patchMessage(data, messageId, { state: "streaming", generationId }),
    );
  }
  // A read that fails is made good by the next event, or by the resync that follows a lost line.
  await turns.refresh(at).catch(() => undefined);
}

/** Something is being written, or on its way to be. */
export function useIsBusy(at: BranchRef, messages: readonly Message[]): boolean {
  const sending = useOutbox(at.branchId).some((message) => message.failure === null);
  const replying = useLiveTurn(replyKey(at)) !== undefined;
  const impersonating = useLiveTurn(personaKey(at)) !== undefined;
  return sending || replying || impersonating || messages.some((message) => message.state === "streaming");
}

/** Tells of a request that failed where no message can show it. */
export async function tellFailure(turn: Promise<Failure | null>): Promise<void> {
  const failure = await turn;
  if (failure !== null) toasts.show(failure.message, { tone: "bad" });
}

export function tellError(error: unknown): void {
  toasts.show(error instanceof Error ? error.message : String(error), { tone: "bad" });
}
