import { describe, expect, test } from "vitest";
import { apply, decodeTurnEvent, isSettled, NEW_TURN, type TurnEvent, type TurnState } from "./turn";

const META = {
  generationId: "g1",
  chatId: "c1",
  branchId: "b1",
  userMessageId: "m1",
  assistantMessageId: "m2",
  variantId: "v1",
};

function run(...events: TurnEvent[]): TurnState {
  return events.reduce(apply, NEW_TURN);
}

function frame(type: string, data: unknown) {
  return {
    id: "0.0",
    event: type,
    data: JSON.stringify({ id: "0.0", type, ts: "2026-11-20T10:00:00Z", data }),
  };
}

describe("a turn", () => {
  test("waits for its first text and then streams it together", () => {
    expect(run({ type: "meta", meta: META }).phase).toBe("waiting");
    const state = run(
      { type: "meta", meta: META },
      { type: "reasoning", content: "hm" },
      { type: "delta", content: "Once " },
      { type: "delta", content: "upon" },
    );
    expect(state).toMatchObject({ phase: "streaming", text: "Once upon", reasoning: "hm", meta: META });
  });

  test("shows the final text of the server, not the sum of the deltas", () => {
    const state = run(
      { type: "delta", content: "raw " },
      { type: "done", finalText: "raw", finishReason: "stop" },
    );
    expect(state).toMatchObject({ phase: "done", text: "raw", finishReason: "stop" });
  });

  test("is replaced by a snapshot, in text and reasoning", () => {
    const state = run(
      { type: "delta", content: "lost by the crash" },
      { type: "snapshot", text: "kept", reasoning: "r" },
      { type: "delta", content: "!" },
    );
    expect(state).toMatchObject({ text: "kept!", reasoning: "r" });
  });

  test("keeps its text when it ends in an error", () => {
    const state = run(
      { type: "delta", content: "half" },
      { type: "error", code: "upstream.cut", message: "no" },
    );
    expect(state).toMatchObject({
      phase: "error",
      text: "half",
      error: { code: "upstream.cut", message: "no" },
    });
  });

  test("tells an interruption from an error", () => {
    const state = run({ type: "error", code: "generation.interrupted", message: "the server stopped" });
    expect(state.phase).toBe("interrupted");
  });

  test("keeps the text of an abort", () => {
    expect(run({ type: "delta", content: "ab" }, { type: "aborted", finalText: "ab" })).toMatchObject({
      phase: "aborted",
      text: "ab",
    });
  });

  test("takes nothing more once settled", () => {
    const done = run({ type: "done", finalText: "end", finishReason: "stop" });
    expect(apply(done, { type: "delta", content: "more" })).toBe(done);
    expect(isSettled(done)).toBe(true);
  });

  test("forgets its text on a restart and keeps it over a lost line", () => {
    expect(
      run({ type: "delta", content: "a" }, { type: "restart" }, { type: "delta", content: "ab" }).text,
    ).toBe("ab");
    const lost = run({ type: "delta", content: "a" }, { type: "lost" });
    expect(lost).toMatchObject({ text: "a", connected: false });
    expect(apply(lost, { type: "back" }).connected).toBe(true);
  });
});

describe("decoding a frame", () => {
  test("reads every type of the contract", () => {
    expect(decodeTurnEvent(frame("llm.stream.meta", META))).toEqual({ type: "meta", meta: META });
    expect(decodeTurnEvent(frame("llm.stream.delta", { content: "x" }))).toEqual({
      type: "delta",
      content: "x",
    });
    expect(decodeTurnEvent(frame("llm.stream.reasoning", { content: "x" }))).toEqual({
      type: "reasoning",
      content: "x",
    });
    expect(decodeTurnEvent(frame("llm.stream.snapshot", { text: "t", reasoning: "" }))).toEqual({
      type: "snapshot",
      text: "t",
      reasoning: "",
    });
    expect(
      decodeTurnEvent(frame("llm.stream.done", { finalText: "t", finishReason: "stop", usage: null })),
    ).toEqual({
      type: "done",
      finalText: "t",
      finishReason: "stop",
    });
    expect(decodeTurnEvent(frame("llm.stream.aborted", { finalText: "t" }))).toEqual({
      type: "aborted",
      finalText: "t",
    });
    expect(decodeTurnEvent(frame("llm.stream.error", { code: "c", message: "m" }))).toEqual({
      type: "error",
      code: "c",
      message: "m",
    });
  });

  test("passes over a type of a newer server", () => {
    expect(decodeTurnEvent(frame("llm.stream.tool", {}))).toBeNull();
    expect(decodeTurnEvent(frame("ping", {}))).toBeNull();
  });

  test("reads the null ids of an impersonation", () => {
    const event = decodeTurnEvent(
      frame("llm.stream.meta", { ...META, userMessageId: null, assistantMessageId: null }),
    );
    expect(event).toMatchObject({ meta: { userMessageId: null, assistantMessageId: null } });
  });
});
