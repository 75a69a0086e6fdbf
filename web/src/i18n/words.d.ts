import "i18next";
import type app from "@/app/locales/en.json";
import type characters from "@/features/characters/locales/en.json";
import type chat from "@/features/chat/locales/en.json";
import type runs from "@/features/runs/locales/en.json";
import type workshop from "@/features/workshop/locales/en.json";

declare module "i18next" {
  interface CustomTypeOptions {
    defaultNS: "app";
    keySeparator: false;
    resources: {
      app: typeof app;
      characters: typeof characters;
      chat: typeof chat;
      runs: typeof runs;
      workshop: typeof workshop;
    };
  }
}
