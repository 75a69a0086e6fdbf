import { useEffect, useSyncExternalStore } from "react";
import { http, take } from "@/api/client";
import { workspaceEvents } from "@/app/server";
import { readStored, store } from "@/app/storage";
import type { WorkspaceEvent } from "@/stream/workspace";

const KEY = "fabula.seen";
const MOST_KEPT = 500;

interface Seen {
  /** Since when this browser looks: what is older counts as read. */
  readonly since: string;
  readonly chats: Readonly<Record<string, string>>;
}

export interface Activity {
  readonly live: ReadonlySet<string>;
  readonly seen: Seen;
}

/** Which chats have an answer being written, and which were last looked at when, in this browser. */
export class ChatActivity {
  private state: Activity;
  private readonly running = new Map<string, string>();
  private readonly watchers = new Set<() => void>();

  constructor(stored: string | null, now: string) {
    this.state = { live: new Set(), seen: parseSeen(stored) ?? { since: now, chats: {} } };
  }

  watch = (watcher: () => void): (() => void) => {
    this.watchers.add(watcher);
    return () => this.watchers.delete(watcher);
  };

  read = (): Activity => this.state;

  /** Those that began before this page listened. */
  meet(generations: readonly { readonly id: string; readonly chatId: string | null }[]): void {
    for (const { id, chatId } of generations) if (chatId !== null) this.running.set(id, chatId);
    this.set({ ...this.state, live: new Set(this.running.values()) });
  }

  take(event: WorkspaceEvent): void {
    const { chatId, generationId } = event.data;
    if (typeof chatId !== "string" || typeof generationId !== "string") return;
    if (event.type === "generation.started") this.running.set(generationId, chatId);
    else if (event.type === "generation.settled") this.running.delete(generationId);
    else return;
    this.set({ ...this.state, live: new Set(this.running.values()) });
  }

  see(chatId: string, at: string | null): void {
    const { seen } = this.state;
    if (at === null || (seen.chats[chatId] ?? "") >= at) return;
    const kept = Object.entries({ ...seen.chats, [chatId]: at }).sort(([, a], [, b]) => (a < b ? 1 : -1));
    const next = { ...seen, chats: Object.fromEntries(kept.slice(0, MOST_KEPT)) };
    store(KEY, JSON.stringify(next));
    this.set({ ...this.state, seen: next });
  }

  private set(state: Activity): void {
    this.state = state;
    for (const watcher of [...this.watchers]) watcher();
  }
}

export function isUnread(activity: Activity, chatId: string, lastMessageAt: string | null): boolean {
  const { since, chats } = activity.seen;
  return lastMessageAt !== null && lastMessageAt > (chats[chatId] ?? since);
}

function parseSeen(stored: string | null): Seen | null {
  if (stored === null) return null;
  try {
    const seen = JSON.parse(stored) as Partial<Seen> | null;
    if (typeof seen?.since !== "string" || typeof seen.chats !== "object") return null;
    return { since: seen.since, chats: seen.chats };
  } catch {
    return null; // written by something else: begin anew
  }
}

export const activity = new ChatActivity(readStored(KEY), new Date().toISOString());

workspaceEvents.listen((event) => activity.take(event));

export function useActivity(): Activity {
  useEffect(() => {
    const streaming = http.GET("/v1/generations", { params: { query: { status: "streaming", limit: 100 } } });
    // A list without its marks is still a list; the next visit asks again.
    take(streaming).then(
      ({ items }) => activity.meet(items),
      () => undefined,
    );
  }, []);
  return useSyncExternalStore(activity.watch, activity.read);
}
