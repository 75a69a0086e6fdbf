import { describe, expect, test } from "vitest";
import {
  estimateTokens,
  NEW_ENTRY,
  readBook,
  readDepthPrompt,
  readNotes,
  readTranslations,
  readTexts,
  setBook,
  setDepthPrompt,
  setTranslation,
  type Spec,
} from "./spec";

const SPEC: Spec = {
  name: "Mira",
  alternate_greetings: ["Hi", 3, "Hello"],
  extensions: { depth_prompt: { prompt: "Be calm.", depth: 2, role: "user", own: 1 }, other: { kept: true } },
  character_book: {
    name: "Inn",
    entries: [{ keys: ["fox"], content: "A sign.", id: 7, extensions: { a: 1 } }],
  },
};

describe("a card's fields", () => {
  test("of a wrong type read as empty, and what is unknown survives an edit", () => {
    expect(readTexts(SPEC, "alternate_greetings")).toEqual(["Hi", "Hello"]);
    expect(readTexts({ tags: "no list" }, "tags")).toEqual([]);
    const edited = setDepthPrompt(SPEC, { prompt: "Be loud." });
    expect(edited.extensions).toEqual({
      depth_prompt: { prompt: "Be loud.", depth: 2, role: "user", own: 1 },
      other: { kept: true },
    });
    expect(readDepthPrompt({})).toEqual({ prompt: "", depth: 4, role: "system" });
  });

  test("hold the creator's notes in many languages", () => {
    const spec = {
      creator_notes: "Calm.",
      creator_notes_multilingual: { ru: "Спокойно.", de: 3, fr: "Calme." },
    };
    expect(readTranslations(spec)).toEqual({ ru: "Спокойно.", fr: "Calme." });
    expect(readNotes(spec, "ru-RU")).toBe("Спокойно.");
    expect(readNotes(spec, "de")).toBe("Calm.");
    expect(readTranslations(setTranslation(spec, "fr", null))).toEqual({ ru: "Спокойно." });
    expect(setTranslation(spec, "ru", "Тихо.").creator_notes_multilingual).toMatchObject({
      ru: "Тихо.",
      de: 3,
    });
  });

  test("keep the book's own fields and those of its entries", () => {
    const entries = readBook(SPEC);
    expect(entries[0]).toMatchObject({ id: 7, enabled: true, extensions: { a: 1 } });
    const edited = setBook(SPEC, [...entries, NEW_ENTRY]);
    expect(edited.character_book).toMatchObject({ name: "Inn" });
    expect(readBook(edited)).toHaveLength(2);
    expect(setBook({ name: "Bare" }, [])).toEqual({ name: "Bare" });
  });
});

test("tokens are about a quarter of Latin letters, more of others", () => {
  expect(estimateTokens("")).toBe(0);
  expect(estimateTokens("a quiet inn by the road")).toBe(6);
  expect(estimateTokens("тихий трактир")).toBeGreaterThan(estimateTokens("a quiet tavern"));
  expect(estimateTokens("静かな宿")).toBe(4);
});
