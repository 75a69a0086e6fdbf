import type { Failure } from "./api";

/** A message on its way: written here, not yet acknowledged by the server. */
export interface OutMessage {
  /** Also the operation id: sent twice, it has one effect. */
  readonly id: string;
  readonly text: string;
  readonly failure: Failure | null;
}

const NONE: readonly OutMessage[] = [];

/** Unacknowledged messages by chat. They leave when the server has them, or when the writer takes them back. */
export class Outbox {
  private readonly chats = new Map<string, readonly OutMessage[]>();
  private readonly watchers = new Set<() => void>();

  watch = (watcher: () => void): (() => void) => {
    this.watchers.add(watcher);
    return () => this.watchers.delete(watcher);
  };

  list(chatId: string): readonly OutMessage[] {
    return this.chats.get(chatId) ?? NONE;
  }

  find(chatId: string, id: string): OutMessage | null {
    return this.list(chatId).find((message) => message.id === id) ?? null;
  }

  put(chatId: string, message: OutMessage): void {
    const others = this.list(chatId).filter((other) => other.id !== message.id);
    this.set(chatId, [...others, message]);
  }

  remove(chatId: string, id: string): void {
    this.set(
      chatId,
      this.list(chatId).filter((message) => message.id !== id),
    );
  }

  private set(chatId: string, list: readonly OutMessage[]): void {
    if (list.length === 0) this.chats.delete(chatId);
    else this.chats.set(chatId, list);
    for (const watcher of [...this.watchers]) watcher();
  }
}
