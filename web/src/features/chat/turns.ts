import type { QueryClient } from "@tanstack/react-query";
import { type Message, newOperationId, openStream, postTurn } from "@/api/client";
import { ApiError } from "@/api/errors";
import { followTurn } from "@/stream/follow";
import type { LiveTurns } from "@/stream/live";
import { isSettled, type TurnEvent, type TurnMeta, type TurnState } from "@/stream/turn";
import { abortGeneration, type Failure, failureQuery, fetchMessages, messagesKey } from "./api";
import type { Outbox } from "./outbox";
import {
  appendMessages,
  findMessage,
  listMessages,
  type MessagePages,
  mergeNewest,
  patchMessage,
  settledPatch,
} from "./pages";

interface Turn {
  readonly chatId: string;
  readonly leave: AbortController;
  /** Under which `LiveTurns` knows it: an outbox id until `meta` names the message. */
  key: string;
  generationId: string | null;
  stopAsked: boolean;
  begin: (meta: TurnMeta) => void;
}

/** Every turn this page takes part in: those it starts and those it finds going on. */
export class ChatTurns {
  private readonly turns = new Set<Turn>();

  constructor(
    private readonly queries: QueryClient,
    readonly live: LiveTurns,
    readonly outbox: Outbox,
    /** Told of failures that no message and no caller can show. */
    private readonly tell: (error: unknown) => void,
  ) {}

  /** Sends a message and follows the answer. The same id again is the same operation. */
  async send(chatId: string, text: string, id = newOperationId()): Promise<void> {
    this.outbox.put(chatId, { id, text, failure: null });
    const turn = this.add(chatId, id, (meta) => {
      this.addTurnMessages(chatId, text, meta);
      this.outbox.remove(chatId, id);
    });
    const failure = await this.run(
      turn,
      `/v1/chats/${chatId}/messages`,
      { role: "user", promptText: text },
      id,
    );
    if (failure !== null) this.outbox.put(chatId, { id, text, failure });
  }

  regenerate(message: Message): Promise<Failure | null> {
    return this.rewrite(message, `/v1/messages/${message.id}/regenerate`, {});
  }

  goOn(message: Message): Promise<Failure | null> {
    return this.rewrite(message, `/v1/chats/${message.chatId}/generate`, { mode: "continue" });
  }

  /** An answer to a history that ends without one. */
  reply(chatId: string): Promise<Failure | null> {
    const id = newOperationId();
    const turn = this.add(chatId, `reply:${chatId}`, (meta) => this.addTurnMessages(chatId, null, meta));
    return this.run(turn, `/v1/chats/${chatId}/generate`, { mode: "reply" }, id);
  }

  /** Follows answers that are being written for someone else, or were when this page was loaded. */
  attach(messages: readonly Message[]): void {
    for (const message of messages) {
      if (message.state !== "streaming" || message.generationId === null) continue;
      const { generationId } = message;
      if ([...this.turns].some((turn) => turn.generationId === generationId)) continue;
      const turn = this.add(message.chatId, message.id, () => undefined);
      turn.generationId = generationId;
      void this.follow(turn).then((failure) => {
        if (failure === null) return;
        this.queries.setQueryData(failureQuery(generationId).queryKey, failure);
        this.change(message.chatId, (data) => patchMessage(data, message.id, { state: "error" }));
      });
    }
  }

  /** A turn of this page that the server has not confirmed: events about it would only double it. */
  isStarting(chatId: string): boolean {
    return [...this.turns].some((turn) => turn.chatId === chatId && turn.generationId === null);
  }

  async stop(chatId: string): Promise<void> {
    const mine = [...this.turns].filter((turn) => turn.chatId === chatId);
    for (const turn of mine) turn.stopAsked = true;
    const known = mine.flatMap((turn) => (turn.generationId === null ? [] : [turn.generationId]));
    await Promise.all(known.map(abortGeneration));
  }

  /** Stops listening, not the answers: the server goes on writing. */
  leave(chatId: string): void {
    for (const turn of [...this.turns]) {
      if (turn.chatId !== chatId || turn.generationId === null) continue;
      this.turns.delete(turn);
      turn.leave.abort();
      this.live.drop(turn.key);
    }
  }

  /** Reads the end of the chat and lays it over what is shown. */
  async refresh(chatId: string): Promise<void> {
    if (this.isStarting(chatId)) return;
    const newest = await fetchMessages(chatId, {});
    this.change(chatId, (data) => mergeNewest(data, newest));
  }

  change(chatId: string, update: (data: MessagePages) => MessagePages): void {
    this.queries.setQueryData<MessagePages>(messagesKey(chatId), (data) => data && update(data));
  }

  private rewrite(message: Message, path: string, body: unknown): Promise<Failure | null> {
    const turn = this.add(message.chatId, message.id, (meta) =>
      this.change(message.chatId, (data) =>
        patchMessage(data, message.id, { state: "streaming", generationId: meta.generationId }),
      ),
    );
    return this.run(turn, path, body, newOperationId());
  }

  private add(chatId: string, key: string, begin: Turn["begin"]): Turn {
    const turn = { chatId, key, begin, leave: new AbortController(), generationId: null, stopAsked: false };
    this.turns.add(turn);
    this.live.begin(key);
    return turn;
  }

  private run(turn: Turn, path: string, body: unknown, operationId: string): Promise<Failure | null> {
    return this.follow(turn, (signal) => postTurn(path, body, operationId, signal));
  }

  /** To the end of the turn; a failure is one of the request, a failed answer is told by its message. */
  private async follow(
    turn: Turn,
    start?: (signal: AbortSignal) => Promise<Response>,
  ): Promise<Failure | null> {
    try {
      await followTurn({
        ...(start && { start }),
        ...(turn.generationId !== null && { generationId: turn.generationId }),
        resume: (id, position, signal) => openStream(`/v1/generations/${id}/events`, position, signal),
        onEvent: (event) => this.take(turn, event),
        signal: turn.leave.signal,
      });
      return null;
    } catch (error) {
      this.live.drop(turn.key);
      if (!(error instanceof ApiError)) {
        return { code: "web.unreachable", message: error instanceof Error ? error.message : String(error) };
      }
      const { code, message, traceId } = error;
      if (code === "generation.in_progress") void this.refreshLater(turn.chatId).catch(this.tell);
      return { code, message, traceId };
    } finally {
      this.turns.delete(turn);
    }
  }

  private take(turn: Turn, event: TurnEvent): void {
    if (event.type === "meta") this.meet(turn, event.meta);
    const state = this.live.apply(turn.key, event);
    if (isSettled(state)) void this.settle(turn, state);
  }

  private meet(turn: Turn, meta: TurnMeta): void {
    turn.generationId = meta.generationId;
    if (meta.assistantMessageId !== null) {
      this.live.rename(turn.key, meta.assistantMessageId);
      turn.key = meta.assistantMessageId;
    }
    turn.begin(meta);
    if (turn.stopAsked) void abortGeneration(meta.generationId).catch(this.tell);
  }

  private async settle(turn: Turn, state: TurnState): Promise<void> {
    this.turns.delete(turn);
    if (turn.generationId !== null && state.error !== null) {
      this.queries.setQueryData(failureQuery(turn.generationId).queryKey, state.error);
    }
    this.change(turn.chatId, (data) => patchMessage(data, turn.key, settledPatch(state)));
    // The live text stays until the message has it, or the row would be empty for a frame.
    // A refresh that fails is made good by the next one: what settled is shown already.
    await this.refresh(turn.chatId).catch(() => undefined);
    const isNewTurn = [...this.turns].some((other) => other.key === turn.key);
    if (!isNewTurn) this.live.drop(turn.key);
  }

  private async refreshLater(chatId: string): Promise<void> {
    await Promise.resolve(); // after `finally` has taken the failed turn out
    await this.refresh(chatId);
  }

  /** What `meta` tells, shown at once; the server's own rows replace these when the turn settles. */
  private addTurnMessages(chatId: string, text: string | null, meta: TurnMeta): void {
    this.change(chatId, (data) => {
      const seq = (listMessages(data).at(-1)?.seq ?? -1) + 1;
      const added: Message[] = [];
      if (text !== null && meta.userMessageId !== null) {
        added.push({
          ...newMessage(chatId, meta, seq),
          id: meta.userMessageId,
          role: "user",
          promptText: text,
        });
      }
      if (meta.assistantMessageId !== null && findMessage(data, meta.assistantMessageId) === null) {
        added.push({
          ...newMessage(chatId, meta, seq + added.length),
          id: meta.assistantMessageId,
          state: "streaming",
          selectedVariantId: meta.variantId ?? "",
          generationId: meta.generationId,
        });
      }
      return appendMessages(data, added);
    });
  }
}

function newMessage(chatId: string, meta: TurnMeta, seq: number): Message {
  return {
    id: "",
    chatId,
    branchId: meta.branchId ?? "",
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
