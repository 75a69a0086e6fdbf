// @vitest-environment jsdom
import { describe, expect, test } from "vitest";
import { ChatActivity, isUnread } from "./activity";

const event = (type: "generation.started" | "generation.settled", generationId: string) => ({
  type,
  data: { chatId: "c1", generationId },
});

describe("a chat", () => {
  test("is live until its last answer settles", () => {
    const activity = new ChatActivity(null, "2026-01-01T00:00:00Z");
    activity.take(event("generation.started", "g1"));
    activity.take(event("generation.started", "g2"));
    activity.take(event("generation.settled", "g1"));
    expect(activity.read().live.has("c1")).toBe(true);
    activity.take(event("generation.settled", "g2"));
    expect(activity.read().live.has("c1")).toBe(false);
  });

  test("is unread when something came after it was last looked at, not from before this browser", () => {
    const activity = new ChatActivity(null, "2026-01-01T00:00:00Z");
    expect(isUnread(activity.read(), "c1", "2025-12-31T00:00:00Z")).toBe(false);
    expect(isUnread(activity.read(), "c1", "2026-01-02T00:00:00Z")).toBe(true);
    activity.see("c1", "2026-01-02T00:00:00Z");
    expect(isUnread(activity.read(), "c1", "2026-01-02T00:00:00Z")).toBe(false);
    expect(isUnread(activity.read(), "c1", "2026-01-02T00:00:01Z")).toBe(true);
    expect(isUnread(activity.read(), "c1", null)).toBe(false);
  });

  test("that cannot be read from storage begins anew", () => {
    expect(new ChatActivity("{broken", "2026-01-01T00:00:00Z").read().seen.chats).toEqual({});
  });
});
