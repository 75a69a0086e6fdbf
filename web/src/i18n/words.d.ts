import "i18next";
import type app from "@/app/locales/en.json";
import type characters from "@/features/characters/locales/en.json";
import type chat from "@/features/chat/locales/en.json";
import type jobs from "@/features/jobs/locales/en.json";
import type runs from "@/features/runs/locales/en.json";
import type transfer from "@/features/transfer/locales/en.json";
import type workshop from "@/features/workshop/locales/en.json";

declare module "i18next" {
  interface CustomTypeOptions {
    defaultNS: "app";
    keySeparator: false;
    resources: {
      app: typeof app;
      characters: typeof characters;
      chat: typeof chat;
      jobs: typeof jobs;
      runs: typeof runs;
      transfer: typeof transfer;
      workshop: typeof workshop;
    };
  }
}
