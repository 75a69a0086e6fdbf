import { describe, expect, test, vi } from "vitest";
import { LiveTurns } from "./live";

/** Frames that come when the test says so. */
function createFrames() {
  const waiting: (() => void)[] = [];
  return {
    schedule: (run: () => void) => void waiting.push(run),
    pass: () => {
      for (const run of waiting.splice(0)) run();
    },
    waiting,
  };
}

describe("live turns", () => {
  test("tell a listener once a frame, however many deltas came", () => {
    const frames = createFrames();
    const live = new LiveTurns(frames.schedule);
    const listener = vi.fn();
    live.subscribe("m1", listener);
    for (let count = 0; count < 100; count += 1) live.apply("m1", { type: "delta", content: "x" });
    expect(frames.waiting).toHaveLength(1);
    frames.pass();
    expect(listener).toHaveBeenCalledOnce();
    expect(live.get("m1")?.text).toHaveLength(100);
  });

  test("tell nobody of another message", () => {
    const frames = createFrames();
    const live = new LiveTurns(frames.schedule);
    const [mine, other] = [vi.fn(), vi.fn()];
    live.subscribe("m1", mine);
    live.subscribe("m2", other);
    live.apply("m1", { type: "delta", content: "x" });
    frames.pass();
    expect([mine.mock.calls.length, other.mock.calls.length]).toEqual([1, 0]);
  });

  test("keep their text when the message gets its real id", () => {
    const frames = createFrames();
    const live = new LiveTurns(frames.schedule);
    const [before, after] = [vi.fn(), vi.fn()];
    live.subscribe("op", before);
    live.subscribe("m1", after);
    live.apply("op", { type: "delta", content: "Once" });
    live.rename("op", "m1");
    frames.pass();
    expect(live.get("op")).toBeUndefined();
    expect(live.get("m1")?.text).toBe("Once");
    expect([before.mock.calls.length, after.mock.calls.length]).toEqual([1, 1]);
  });

  test("forget a listener that left, also while they tell", () => {
    const frames = createFrames();
    const live = new LiveTurns(frames.schedule);
    const listener = vi.fn();
    const leave = live.subscribe("m1", listener);
    live.begin("m1");
    leave();
    frames.pass();
    expect(listener).not.toHaveBeenCalled();
  });
});
