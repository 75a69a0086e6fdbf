import { describe, expect, test } from "vitest";
import { NEW_TURN } from "@/stream/turn";
import { appendMessages, findMessage, listMessages, mergeNewest, patchMessage, settledPatch } from "./pages";
import { createMessage, createPage, createPages } from "./testing";

const places = (data: Parameters<typeof listMessages>[0]) => listMessages(data).map((message) => message.seq);
const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => from + index);

describe("pages of messages", () => {
  test("read from the oldest to the newest", () => {
    expect(places(createPages(createPage(4, 6), createPage(1, 3)))).toEqual([1, 2, 3, 4, 5, 6]);
  });

  test("take a message at the end once", () => {
    const data = createPages(createPage(0, 2));
    const once = appendMessages(data, [createMessage(3), createMessage(4)]);
    expect(places(once)).toEqual([0, 1, 2, 3, 4]);
    expect(appendMessages(once, [createMessage(3)])).toBe(once);
  });

  test("take nothing at the end while the end is not loaded", () => {
    const data = createPages(createPage(0, 2, { hasNewer: true }));
    expect(appendMessages(data, [createMessage(9)])).toBe(data);
    expect(mergeNewest(data, createPage(8, 9))).toBe(data);
  });

  test("change one message and leave the objects of the others", () => {
    const data = createPages(createPage(3, 4), createPage(0, 2));
    const changed = patchMessage(data, "m4", { state: "streaming" });
    expect(findMessage(changed, "m4")?.state).toBe("streaming");
    expect(changed.pages[1]).toBe(data.pages[1]);
    expect(findMessage(changed, "m3")).toBe(findMessage(data, "m3"));
  });

  test("let the oldest go as the end grows, and say that they can be fetched", () => {
    let data = createPages(createPage(12, 23), createPage(0, 11));
    for (let seq = 24; seq < 400; seq += 1) {
      data = appendMessages(data, [createMessage(seq)]);
      expect(listMessages(data).length).toBeLessThanOrEqual(200);
    }
    expect(places(data)).toEqual(range(400 - places(data).length, 399));
    expect(places(data).length).toBeGreaterThan(100);
    expect(data.pages.at(-1)?.hasOlder).toBe(true);
    expect(data.pages).toHaveLength(data.pageParams.length);
  });
});

describe("the server's newest page", () => {
  test("replaces, adds and removes", () => {
    const data = createPages(createPage(4, 7), createPage(0, 3));
    const newest = createPage(5, 9);
    const edited = createMessage(6, { promptText: "edited", version: 2 });
    const merged = mergeNewest(data, {
      ...newest,
      items: newest.items
        .filter(({ seq }) => seq !== 7)
        .map((message) => (message.seq === 6 ? edited : message)),
    });
    expect(places(merged)).toEqual([0, 1, 2, 3, 4, 5, 6, 8, 9]);
    expect(findMessage(merged, "m6")?.promptText).toBe("edited");
    expect(findMessage(merged, "m5")).toBe(findMessage(data, "m5"));
  });

  test("reaching back into an older page doubles nothing", () => {
    const merged = mergeNewest(createPages(createPage(6, 7), createPage(0, 5)), createPage(3, 8));
    expect(places(merged)).toEqual(range(0, 8));
  });

  test("stands alone when it does not meet what is loaded", () => {
    const merged = mergeNewest(createPages(createPage(0, 10)), createPage(100, 139));
    expect(places(merged)).toEqual(range(100, 139));
    expect(merged.pages[0]?.hasOlder).toBe(true);
  });

  test("keeps saying that there is more above", () => {
    const merged = mergeNewest(createPages(createPage(40, 79)), createPage(40, 79));
    expect(merged.pages[0]?.hasOlder).toBe(true);
  });

  test("is taken as it is by an empty chat", () => {
    expect(places(mergeNewest(createPages(createPage(0, -1)), createPage(0, 1)))).toEqual([0, 1]);
  });
});

test("a settled turn names the state of its message", () => {
  const state = { ...NEW_TURN, text: "t" };
  expect(settledPatch({ ...state, phase: "done" })).toEqual({ promptText: "t", state: "settled" });
  expect(settledPatch({ ...state, phase: "aborted" }).state).toBe("settled");
  expect(settledPatch({ ...state, phase: "error" }).state).toBe("error");
  expect(settledPatch({ ...state, phase: "interrupted" }).state).toBe("interrupted");
  expect(settledPatch({ ...state, phase: "streaming" })).toEqual({});
});
