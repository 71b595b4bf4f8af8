/** The language of the page: Russian unless the user chose English; kept for the next visit, on <html lang> and in dates. */

import type { Messages } from "@lingui/core";
import { i18n } from "@lingui/core";

export type Language = "ru" | "en";

const KEY = "halfhour.language";
const CATALOGUES: Record<Language, () => Promise<{ messages: Messages }>> = {
  ru: () => import("../../locales/ru.po"),
  en: () => import("../../locales/en.po"),
};

export function isLanguage(value: unknown): value is Language {
  return value === "ru" || value === "en";
}

export function chosenLanguage(): Language | null {
  const stored = localStorage.getItem(KEY);
  return isLanguage(stored) ? stored : null;
}

export function currentLanguage(): Language {
  return isLanguage(i18n.locale) ? i18n.locale : "ru";
}

export async function showLanguage(language: Language): Promise<void> {
  const { messages } = await CATALOGUES[language]();
  i18n.loadAndActivate({ locale: language, messages });
  document.documentElement.lang = language;
}

export async function chooseLanguage(language: Language): Promise<void> {
  localStorage.setItem(KEY, language);
  await showLanguage(language);
}
