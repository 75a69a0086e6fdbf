import type { Failure } from "./api";

/** A message on its way: written here, not yet acknowledged by the server. */
export interface OutMessage {
  /** Also the operation id: sent twice, it has one effect. */
  readonly id: string;
  readonly text: string;
  readonly failure: Failure | null;
}

const NONE: readonly OutMessage[] = [];

/** Unacknowledged messages by branch. They leave when the server has them, or when the writer takes them back. */
export class Outbox {
  private readonly branches = new Map<string, readonly OutMessage[]>();
  private readonly watchers = new Set<() => void>();

  watch = (watcher: () => void): (() => void) => {
    this.watchers.add(watcher);
    return () => this.watchers.delete(watcher);
  };

  list(branchId: string): readonly OutMessage[] {
    return this.branches.get(branchId) ?? NONE;
  }

  find(branchId: string, id: string): OutMessage | null {
    return this.list(branchId).find((message) => message.id === id) ?? null;
  }

  put(branchId: string, message: OutMessage): void {
    const others = this.list(branchId).filter((other) => other.id !== message.id);
    this.set(branchId, [...others, message]);
  }

  remove(branchId: string, id: string): void {
    this.set(
      branchId,
      this.list(branchId).filter((message) => message.id !== id),
    );
  }

  private set(branchId: string, list: readonly OutMessage[]): void {
    if (list.length === 0) this.branches.delete(branchId);
    else this.branches.set(branchId, list);
    for (const watcher of [...this.watchers]) watcher();
  }
}
