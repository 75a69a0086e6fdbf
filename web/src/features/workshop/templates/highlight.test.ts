import { describe, expect, test } from "vitest";
import { offsetOf, tokenize } from "./highlight";

describe("a template's text", () => {
  test("is cut into tags, outputs and macros, and is whole again when joined", () => {
    const source =
      "You are {{char}}.\n{% if user %}{{ user.name | upcase }}{% endif %}\n{{roll::d6}} {{ broken";
    const tokens = tokenize(source);
    expect(tokens.map(({ text }) => text).join("")).toBe(source);
    expect(tokens.filter(({ kind }) => kind !== "text")).toEqual([
      { kind: "macro", text: "{{char}}" },
      { kind: "tag", text: "{% if user %}" },
      { kind: "output", text: "{{ user.name | upcase }}" },
      { kind: "tag", text: "{% endif %}" },
      { kind: "macro", text: "{{roll::d6}}" },
    ]);
  });

  test("is found by line and column, counted from 1", () => {
    expect(offsetOf("ab\ncd\n", 1, 1)).toBe(0);
    expect(offsetOf("ab\ncd\n", 2, 2)).toBe(4);
    expect(offsetOf("ab", 9, 9)).toBe(2);
  });
});
