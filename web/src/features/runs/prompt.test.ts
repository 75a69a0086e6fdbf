import { describe, expect, test } from "vitest";
import type { Trace } from "./api";
import { diffLines } from "./diff";
import { familyOf, mergeMessages, shareTokens, toCurl } from "./prompt";

const PROMPT = [
  { origin: "system", role: "system", text: "You are Mira.", tokens: 8 },
  { origin: "lore:b1.e1", role: "system", text: "The inn's sign is a fox.", tokens: 10 },
  { origin: "message:m1", role: "user", text: "Hi", tokens: 5 },
];
const TRACE: Trace = {
  generation: {
    id: "g1",
    chatId: "c1",
    messageId: "m2",
    variantId: "v1",
    status: "done",
    providerId: "p1",
    model: "small",
    startedAt: "",
    finishedAt: "",
    promptTokens: 23,
    completionTokens: 4,
    finishReason: "stop",
    error: null,
  },
  run: null,
  steps: [
    {
      name: "answer",
      type: "llm",
      status: "done",
      startedAt: "",
      durationMs: 10,
      input: { model: "small", params: { temperature: 0.7 } },
      output: null,
      error: null,
    },
  ],
  prompt: PROMPT,
  trimmed: [],
  lore: [],
  retrieval: [],
};

describe("a prompt", () => {
  test("divides its tokens by where they came from", () => {
    expect(shareTokens(PROMPT)).toEqual([
      { origin: "system", tokens: 8 },
      { origin: "lore", tokens: 10 },
      { origin: "message", tokens: 5 },
    ]);
    expect(["example:3", "examples", "post_history", "something new"].map(familyOf)).toEqual([
      "example",
      "example",
      "post",
      "system",
    ]);
  });

  test("is sent with neighbours of one role as one message", () => {
    expect(mergeMessages(PROMPT)).toEqual([
      { role: "system", content: "You are Mira.\n\nThe inn's sign is a fox." },
      { role: "user", content: "Hi" },
    ]);
  });

  test("becomes a command that a shell takes whole, without any key", () => {
    const command = toCurl(TRACE, "http://localhost:1234/v1/");
    expect(command).toContain("curl http://localhost:1234/v1/chat/completions");
    expect(command).toContain(String.raw`The inn'\''s sign`);
    expect(command).toContain('"temperature": 0.7');
    expect(command).toContain("$API_KEY");
  });
});

describe("a comparison", () => {
  const shown = (before: string, after: string) =>
    diffLines(before.split(""), after.split(""))
      .map(({ kind, text }) => ({ same: " ", removed: "-", added: "+" })[kind] + text)
      .join("");

  test("keeps what is common and marks the rest in order", () => {
    expect(shown("abcde", "abxde")).toBe(" a b-c+x d e");
    expect(shown("", "ab")).toBe("+a+b");
    expect(shown("ab", "")).toBe("-a-b");
    expect(shown("same", "same")).toBe(" s a m e");
    expect(shown("aXbXc", "abc")).toBe(" a-X b-X c");
  });
});
