import type { InfiniteData } from "@tanstack/react-query";
import type { Message } from "@/api/client";
import { isSettled, type TurnState } from "@/stream/turn";

/** Where a page of messages lies: before a place in the history, after one, or at the end. */
export interface PagePlace {
  readonly before?: number | undefined;
  readonly after?: number | undefined;
}

/** A stretch of the history, oldest first. */
export interface MessagePage {
  readonly items: readonly Message[];
  readonly hasOlder: boolean;
  readonly hasNewer: boolean;
}

/** Pages newest first, as they were asked for. */
export type MessagePages = InfiniteData<MessagePage, PagePlace>;

/** As many as are rendered well within a frame: each page comes as one piece of work. */
export const PAGE = 8;
/** With a tail of up to two pages this stays under 200 messages; those further away are fetched again. */
export const MOST_PAGES = 18;

export function listMessages(data: Pick<MessagePages, "pages">): readonly Message[] {
  return [...data.pages].reverse().flatMap((page) => page.items);
}

export function findMessage(data: Pick<MessagePages, "pages">, id: string): Message | null {
  for (const page of data.pages) for (const message of page.items) if (message.id === id) return message;
  return null;
}

export function patchMessage(data: MessagePages, id: string, patch: Partial<Message>): MessagePages {
  return mapPages(data, (page) => {
    if (!page.items.some((message) => message.id === id)) return page;
    const items = page.items.map((message) => (message.id === id ? { ...message, ...patch } : message));
    return { ...page, items };
  });
}

export function removeMessage(data: MessagePages, id: string): MessagePages {
  return mapPages(data, (page) =>
    page.items.some((message) => message.id === id)
      ? { ...page, items: page.items.filter((message) => message.id !== id) }
      : page,
  );
}

/** Adds messages at the end, unless the end is not loaded or they are there. */
export function appendMessages(data: MessagePages, added: readonly Message[]): MessagePages {
  const [tail] = data.pages;
  if (tail === undefined || tail.hasNewer) return data;
  const fresh = added.filter((message) => findMessage(data, message.id) === null);
  return fresh.length === 0 ? data : setTail(data, { ...tail, items: [...tail.items, ...fresh] });
}

/**
 * Lays the server's newest page over what is loaded: what it has replaces, what it lacks is gone. When the two
 * do not meet, more was written meanwhile than a page holds, and only the newest page remains.
 */
export function mergeNewest(data: MessagePages, newest: MessagePage): MessagePages {
  const [tail] = data.pages;
  if (tail === undefined || tail.hasNewer) return data;
  const from = newest.items[0]?.seq;
  const last = tail.items.at(-1)?.seq;
  if (from === undefined || last === undefined || last < from) {
    return { pages: [newest], pageParams: [{}] };
  }
  const known = new Map(listMessages(data).map((message) => [message.id, message]));
  const items = newest.items.map((message) => keepIfSame(known.get(message.id), message));
  const older = mapPages(data, (page) => ({
    ...page,
    items: page.items.filter((message) => message.seq < from),
  }));
  const oldTail = older.pages[0]?.items ?? [];
  return setTail(older, {
    items: [...oldTail, ...items],
    hasOlder: oldTail.length > 0 ? tail.hasOlder : newest.hasOlder,
    hasNewer: false,
  });
}

/** What a settled turn makes of its message. */
export function settledPatch(state: TurnState): Partial<Message> {
  if (!isSettled(state)) return {};
  const failed = state.phase === "error" || state.phase === "interrupted" ? state.phase : "settled";
  return { promptText: state.text, state: failed };
}

/** The old object when nothing changed, so that its row is not rendered again. */
function keepIfSame(old: Message | undefined, now: Message): Message {
  return old !== undefined && JSON.stringify(old) === JSON.stringify(now) ? old : now;
}

function mapPages(data: MessagePages, change: (page: MessagePage) => MessagePage): MessagePages {
  return { ...data, pages: data.pages.map(change) };
}

/** A tail that grew long becomes two pages, and the oldest page is let go when there are too many. */
function setTail(data: MessagePages, tail: MessagePage): MessagePages {
  const older = data.pages.slice(1);
  if (tail.items.length <= 2 * PAGE) return { ...data, pages: [tail, ...older] };
  const kept = tail.items.slice(-PAGE);
  const before = { ...tail, items: tail.items.slice(0, -PAGE), hasNewer: true };
  const [newest = {}, ...params] = data.pageParams;
  return {
    pages: [{ ...tail, items: kept, hasOlder: true }, before, ...older].slice(0, MOST_PAGES),
    pageParams: [newest, { before: kept[0]?.seq }, ...params].slice(0, MOST_PAGES),
  };
}
