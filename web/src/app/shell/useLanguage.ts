import { useTranslation } from "react-i18next";
import { changeLanguage, type Language } from "@/i18n";

export function useLanguage(): [Language, (language: Language) => void] {
  const { i18n } = useTranslation();
  const language: Language = i18n.language === "ru" ? "ru" : "en";
  return [language, (next) => void changeLanguage(next)];
}
