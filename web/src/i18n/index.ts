import i18next, { type BackendModule } from "i18next";
import { initReactI18next } from "react-i18next";
import { readStored, store } from "@/app/storage";

export const LANGUAGES = ["en", "ru"] as const;
export type Language = (typeof LANGUAGES)[number];
export const LANGUAGE_KEY = "fabula.language";

// One file per feature and language, each its own chunk: a page loads its words in one language only.
const files = import.meta.glob<Record<string, string>>(
  ["../app/locales/*.json", "../features/*/locales/*.json"],
  { import: "default" },
);

function fileOf(language: string, namespace: string): string {
  const folder = namespace === "app" ? "../app" : `../features/${namespace}`;
  return `${folder}/locales/${language}.json`;
}

const loader: BackendModule = {
  type: "backend",
  init() {},
  read(language, namespace, done) {
    const load = files[fileOf(language, namespace)];
    if (load === undefined) {
      done(new Error(`no words for ${namespace} in ${language}`), false);
      return;
    }
    load().then(
      (words) => done(null, words),
      (error: unknown) => done(error instanceof Error ? error : String(error), false),
    );
  },
};

export function chooseLanguage(stored: string | null, browser: string): Language {
  return (stored ?? browser).startsWith("ru") ? "ru" : "en";
}

export function startI18n(): Promise<unknown> {
  return i18next
    .use(loader)
    .use(initReactI18next)
    .init({
      lng: chooseLanguage(readStored(LANGUAGE_KEY), navigator.language),
      supportedLngs: LANGUAGES,
      fallbackLng: false,
      ns: ["app"],
      defaultNS: "app",
      keySeparator: false,
      interpolation: { escapeValue: false },
      returnNull: false,
    });
}

export async function changeLanguage(language: Language): Promise<void> {
  await i18next.changeLanguage(language);
  document.documentElement.lang = language;
  store(LANGUAGE_KEY, language);
}
