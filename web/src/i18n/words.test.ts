import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { LANGUAGES } from "./index";

type Words = Readonly<Record<string, string>>;

const files = import.meta.glob<Words>(["../app/locales/*.json", "../features/*/locales/*.json"], {
  import: "default",
  eager: true,
});
const sources = import.meta.glob<string>(["../**/*.{ts,tsx}", "!../**/*.test.*"], {
  query: "?raw",
  import: "default",
  eager: true,
});
const folders = [...new Set(Object.keys(files).map((path) => path.slice(0, path.lastIndexOf("/"))))];

const FORM = /_(zero|one|two|few|many|other)$/;

function wordsOf(folder: string, language: string): Words {
  const words = files[`${folder}/${language}.json`];
  if (words === undefined) throw new Error(`${folder} has no ${language}.json`);
  return words;
}

/** Keys without their plural endings. */
function stems(words: Words): string[] {
  return [...new Set(Object.keys(words).map((key) => key.replace(FORM, "")))].sort();
}

function placeholders(text: string): string[] {
  return [...text.matchAll(/\{\{(\w+)\}\}|<(\d+)>/g)].map((match) => match[0]).sort();
}

describe.each(folders)("the words in %s", (folder) => {
  const english = wordsOf(folder, "en");

  test.each(LANGUAGES)("are all there in %s, with every plural form", (language) => {
    const words = wordsOf(folder, language);
    expect(stems(words)).toEqual(stems(english));
    const forms = new Intl.PluralRules(language).resolvedOptions().pluralCategories;
    for (const stem of stems(words)) {
      if (!Object.keys(words).some((key) => key.replace(FORM, "") === stem && key !== stem)) continue;
      expect(Object.keys(words)).toEqual(expect.arrayContaining(forms.map((form) => `${stem}_${form}`)));
    }
    for (const [key, text] of Object.entries(words)) expect(text.trim(), key).not.toBe("");
  });

  test("name the same values in every language", () => {
    const russian = wordsOf(folder, "ru");
    for (const [key, text] of Object.entries(russian)) {
      const source = english[key] ?? english[key.replace(FORM, "_other")] ?? "";
      expect(placeholders(text), key).toEqual(placeholders(source));
    }
  });

  test("are all used", () => {
    const code = Object.values(sources).join("\n");
    const unused = stems(english).filter(
      (key) => !code.includes(`"${key}"`) && !code.includes(`${prefixOf(key)}$`),
    );
    expect(unused).toEqual([]);
  });
});

/** The fixed part of keys made in code, such as `status.${item.status}`. */
function prefixOf(key: string): string {
  return `\`${key.slice(0, key.indexOf(".") + 1)}`;
}

test("the page's first script reads the keys that the application writes", () => {
  const script = readFileSync(new URL("../../public/theme.js", import.meta.url), "utf8");
  const index = sources["./index.ts"] ?? "";
  const scheme = sources["../theme/mantine.ts"] ?? "";
  for (const source of [index, scheme]) {
    const key = source.match(/"(fabula\.\w+)"/)?.[1];
    expect(key).toBeDefined();
    expect(script).toContain(`"${key}"`);
  }
});
