import type { Message } from "@/api/client";
import { fetchMessages } from "./api";
import type { BranchRef } from "./begun";
import { type MessagePages, PAGE } from "./pages";

type Read = (from: number) => Promise<Pick<Message, "id" | "seq"> | undefined>;

/**
 * The place of a message in its history; null when it is not there. Ids are UUIDv7, made in the order of the
 * history, so halving finds one among 10,000 in 14 reads. `read` answers the first message at a place or after.
 */
export async function findSeq(id: string, last: number, read: Read): Promise<number | null> {
  let low = 0;
  let high = last;
  while (low <= high) {
    const middle = (low + high) >> 1;
    const met = await read(middle);
    if (met?.id === id) return met.seq;
    if (met === undefined || met.id > id) high = middle - 1;
    else low = met.seq + 1;
  }
  return null;
}

/** The stretch of the branch around a message, as a chat's pages; null when the branch has no such message. */
export async function fetchAround(at: BranchRef, id: string, last: number): Promise<MessagePages | null> {
  const seq = await findSeq(id, last, async (from) => {
    const place = from === 0 ? { before: 1 } : { after: from - 1 };
    return (await fetchMessages(at, place, 1)).items[0];
  });
  if (seq === null) return null;
  const before = seq + PAGE;
  const page = await fetchMessages(at, { before }, 2 * PAGE);
  return { pages: [page], pageParams: [{ before }] };
}
