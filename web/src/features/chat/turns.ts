import type { QueryClient } from "@tanstack/react-query";
import { type Message, newOperationId, openStream, postTurn } from "@/api/client";
import { ApiError } from "@/api/errors";
import { followTurn } from "@/stream/follow";
import type { LiveTurns } from "@/stream/live";
import { isSettled, type TurnEvent, type TurnMeta, type TurnState } from "@/stream/turn";
import { abortGeneration, type Failure, failureQuery, fetchMessages, messagesKey } from "./api";
import { addBegun, type BranchRef, rewritten } from "./begun";
import type { Outbox } from "./outbox";
import { type MessagePages, mergeNewest, patchMessage, settledPatch } from "./pages";

interface Turn {
  readonly at: BranchRef;
  readonly leave: AbortController;
  /** Under which `LiveTurns` knows it: an outbox id until `meta` names the message. */
  key: string;
  generationId: string | null;
  stopAsked: boolean;
  begin: (meta: TurnMeta) => void;
  /** Told of every text of a turn that no message shows. */
  write?: (text: string) => void;
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
  async send(at: BranchRef, text: string, id = newOperationId()): Promise<void> {
    this.outbox.put(at.branchId, { id, text, failure: null });
    const turn = this.add(at, id, (meta) => {
      this.change(at, (data) => addBegun(data, at, text, meta));
      this.outbox.remove(at.branchId, id);
    });
    const body = { role: "user", promptText: text, branchId: at.branchId };
    const failure = await this.run(turn, `/v1/chats/${at.chatId}/messages`, body, id);
    if (failure !== null) this.outbox.put(at.branchId, { id, text, failure });
  }

  regenerate(at: BranchRef, message: Message): Promise<Failure | null> {
    return this.rewrite(at, message, `/v1/messages/${message.id}/regenerate`, { branchId: at.branchId });
  }

  goOn(at: BranchRef, message: Message): Promise<Failure | null> {
    const body = { mode: "continue", branchId: at.branchId };
    return this.rewrite(at, message, `/v1/chats/${at.chatId}/generate`, body);
  }

  /** An answer to a history that ends without one. */
  reply(at: BranchRef): Promise<Failure | null> {
    const turn = this.add(at, replyKey(at), (meta) =>
      this.change(at, (data) => addBegun(data, at, null, meta)),
    );
    const body = { mode: "reply", branchId: at.branchId };
    return this.run(turn, `/v1/chats/${at.chatId}/generate`, body, newOperationId());
  }

  /** Has the user's next message written; no message is stored, `write` is told the text as it grows. */
  impersonate(at: BranchRef, write: (text: string) => void): Promise<Failure | null> {
    const turn = this.add(at, personaKey(at), () => undefined);
    turn.write = write;
    const body = { mode: "impersonate", branchId: at.branchId };
    return this.run(turn, `/v1/chats/${at.chatId}/generate`, body, newOperationId());
  }

  /** Follows answers that are being written for someone else, or were when this page was loaded. */
  attach(at: BranchRef, messages: readonly Message[]): void {
    for (const message of messages) {
      if (message.state !== "streaming" || message.generationId === null) continue;
      const { generationId } = message;
      if ([...this.turns].some((turn) => turn.generationId === generationId)) continue;
      const turn = this.add(at, message.id, () => undefined);
      turn.generationId = generationId;
      void this.follow(turn).then((failure) => {
        if (failure === null) return;
        this.queries.setQueryData(failureQuery(generationId).queryKey, failure);
        this.change(at, (data) => patchMessage(data, message.id, { state: "error" }));
      });
    }
  }

  /** A turn of this page that the server has not confirmed: events about it would only double it. */
  isStarting(at: BranchRef): boolean {
    return this.listOf(at).some((turn) => turn.generationId === null);
  }

  async stop(at: BranchRef): Promise<void> {
    const mine = this.listOf(at);
    for (const turn of mine) turn.stopAsked = true;
    const known = mine.flatMap((turn) => (turn.generationId === null ? [] : [turn.generationId]));
    await Promise.all(known.map(abortGeneration));
  }

  /** Stops listening, not the answers: the server goes on writing. */
  leave(at: BranchRef): void {
    for (const turn of this.listOf(at)) {
      if (turn.generationId === null) continue;
      this.turns.delete(turn);
      turn.leave.abort();
      this.live.drop(turn.key);
    }
  }

  /** Reads the end of the branch and lays it over what is shown. */
  async refresh(at: BranchRef): Promise<void> {
    if (this.isStarting(at)) return;
    const newest = await fetchMessages(at, {});
    this.change(at, (data) => mergeNewest(data, newest));
  }

  change(at: BranchRef, update: (data: MessagePages) => MessagePages): void {
    this.queries.setQueryData<MessagePages>(messagesKey(at), (data) => data && update(data));
  }

  private listOf(at: BranchRef): Turn[] {
    return [...this.turns].filter((turn) => turn.at.branchId === at.branchId);
  }

  private rewrite(at: BranchRef, message: Message, path: string, body: unknown): Promise<Failure | null> {
    const turn = this.add(at, message.id, (meta) =>
      this.change(at, (data) => patchMessage(data, message.id, rewritten(message, meta))),
    );
    return this.run(turn, path, body, newOperationId());
  }

  private add(at: BranchRef, key: string, begin: Turn["begin"]): Turn {
    const turn = { at, key, begin, leave: new AbortController(), generationId: null, stopAsked: false };
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
      if (code === "generation.in_progress") void this.refreshLater(turn.at).catch(this.tell);
      return { code, message, traceId };
    } finally {
      this.turns.delete(turn);
    }
  }

  private take(turn: Turn, event: TurnEvent): void {
    if (event.type === "meta") this.meet(turn, event.meta);
    const state = this.live.apply(turn.key, event);
    if (state.text !== "") turn.write?.(state.text);
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
    this.change(turn.at, (data) => patchMessage(data, turn.key, settledPatch(state)));
    // The live text stays until the message has it, or the row would be empty for a frame.
    // A refresh that fails is made good by the next one: what settled is shown already.
    await this.refresh(turn.at).catch(() => undefined);
    const isNewTurn = [...this.turns].some((other) => other.key === turn.key);
    if (!isNewTurn) this.live.drop(turn.key);
  }

  private async refreshLater(at: BranchRef): Promise<void> {
    await Promise.resolve(); // after `finally` has taken the failed turn out
    await this.refresh(at);
  }
}

/** Under which `LiveTurns` knows an answer that has no message yet. */
export const replyKey = (at: BranchRef) => `reply:${at.branchId}`;

/** Under which it knows the user's words being written for them. */
export const personaKey = (at: BranchRef) => `persona:${at.branchId}`;
