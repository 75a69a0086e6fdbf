/** A card's V3 data. Fields that this page does not know are kept as they are. */
export type Spec = Readonly<Record<string, unknown>>;

/** What each part of the editor is given. */
export interface PartProps {
  readonly spec: Spec;
  readonly set: (change: Spec) => void;
}

export interface BookEntry {
  readonly [field: string]: unknown;
  readonly keys: readonly string[];
  readonly content: string;
  readonly enabled: boolean;
}

/** The long texts that a prompt is made of, in the order they are read. */
export const TEXTS = ["description", "personality", "scenario", "mes_example"] as const;
export const INSTRUCTIONS = ["system_prompt", "post_history_instructions"] as const;
export type TextField =
  | (typeof TEXTS)[number]
  | (typeof INSTRUCTIONS)[number]
  | "first_mes"
  | "creator_notes"
  | "name"
  | "nickname"
  | "creator"
  | "character_version";

export function readText(spec: Spec, field: string): string {
  const value = spec[field];
  return typeof value === "string" ? value : "";
}

export function readTexts(spec: Spec, field: string): readonly string[] {
  const value = spec[field];
  return Array.isArray(value) ? value.filter((text): text is string => typeof text === "string") : [];
}

function readObject(value: unknown): Spec {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Spec) : {};
}

export interface DepthPrompt {
  readonly prompt: string;
  readonly depth: number;
  readonly role: string;
}

export function readDepthPrompt(spec: Spec): DepthPrompt {
  const { prompt, depth, role } = readObject(readObject(spec.extensions).depth_prompt);
  return {
    prompt: typeof prompt === "string" ? prompt : "",
    depth: typeof depth === "number" ? depth : 4,
    role: typeof role === "string" ? role : "system",
  };
}

export function setDepthPrompt(spec: Spec, change: Partial<DepthPrompt>): Spec {
  const extensions = readObject(spec.extensions);
  const before = readObject(extensions.depth_prompt);
  const now = { ...before, ...readDepthPrompt(spec), ...change };
  return { ...spec, extensions: { ...extensions, depth_prompt: now } };
}

/** The creator's notes by language code; what is no text is left out. */
export function readTranslations(spec: Spec): Readonly<Record<string, string>> {
  const found = Object.entries(readObject(spec.creator_notes_multilingual));
  return Object.fromEntries(found.filter((note): note is [string, string] => typeof note[1] === "string"));
}

/** The change that sets the notes of one language; null takes them away. */
export function setTranslation(spec: Spec, language: string, text: string | null): Spec {
  const others = Object.entries(readObject(spec.creator_notes_multilingual));
  const kept = text === null ? others.filter(([code]) => code !== language) : [...others, [language, text]];
  return { creator_notes_multilingual: Object.fromEntries(kept) as Spec };
}

/** The creator's notes in the reader's language, or else in the one the card was written in. */
export function readNotes(spec: Spec, language: string): string {
  const notes = readTranslations(spec);
  return (notes[language] ?? notes[language.slice(0, 2)] ?? readText(spec, "creator_notes")).trim();
}

export function readBook(spec: Spec): readonly BookEntry[] {
  const { entries } = readObject(spec.character_book);
  if (!Array.isArray(entries)) return [];
  return entries.map((found: unknown) => {
    const entry = readObject(found);
    return {
      ...entry,
      keys: readTexts(entry, "keys"),
      content: readText(entry, "content"),
      enabled: entry.enabled !== false,
    };
  });
}

/** The spec with these entries in its book; without any, a book that was not there is not made. */
export function setBook(spec: Spec, entries: readonly BookEntry[]): Spec {
  if (entries.length === 0 && spec.character_book === undefined) return spec;
  const book = { extensions: {}, ...readObject(spec.character_book) };
  return { ...spec, character_book: { ...book, entries } };
}

export const NEW_ENTRY: BookEntry = {
  keys: [],
  content: "",
  enabled: true,
  insertion_order: 100,
  extensions: {},
  use_regex: false,
};

/**
 * About how many tokens a text is: four letters each in Latin script, two and a half in others with spaces, one
 * for each sign of Chinese, Japanese and Korean. Models differ; a prompt's own count is in its explanation.
 */
export function estimateTokens(text: string): number {
  const dense = text.match(/[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]/gu)?.length ?? 0;
  const letters = text.match(/[^\p{Script=Latin}\p{Script=Common}\p{Script=Inherited}]/gu)?.length ?? 0;
  const wide = Math.max(0, letters - dense);
  return Math.ceil((text.length - dense - wide) / 4 + wide / 2.5 + dense);
}
