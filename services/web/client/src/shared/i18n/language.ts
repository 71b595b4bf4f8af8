/**
 * The language of the page: the one that the user chose, else the browser's; on <html lang> and in dates too.
 * Texts come in areas, each loaded with the first page that needs it.
 */

import type { Messages } from "@lingui/core";
import { i18n } from "@lingui/core";

export type Language = "ru" | "en";
export type TextArea = "main" | "account" | "metering" | "operator";

const KEY = "halfhour.language";
const CATALOGUES: Record<TextArea, Record<Language, () => Promise<{ messages: Messages }>>> = {
  main: {
    ru: () => import("../../locales/ru.po"),
    en: () => import("../../locales/en.po"),
  },
  account: {
    ru: () => import("../../locales/account/ru.po"),
    en: () => import("../../locales/account/en.po"),
  },
  metering: {
    ru: () => import("../../locales/metering/ru.po"),
    en: () => import("../../locales/metering/en.po"),
  },
  operator: {
    ru: () => import("../../locales/operator/ru.po"),
    en: () => import("../../locales/operator/en.po"),
  },
};
const areas = new Set<TextArea>(["main"]);

export function isLanguage(value: unknown): value is Language {
  return value === "ru" || value === "en";
}

export function chosenLanguage(): Language | null {
  const stored = localStorage.getItem(KEY);
  return isLanguage(stored) ? stored : null;
}

/** The first of the browser's languages that the portal speaks; English for who reads neither. */
export function browserLanguage(): Language {
  const spoken = navigator.languages.map((tag) => tag.toLowerCase().split("-")[0]);
  return spoken.find(isLanguage) ?? "en";
}

export function currentLanguage(): Language {
  return isLanguage(i18n.locale) ? i18n.locale : "ru";
}

export async function showLanguage(language: Language): Promise<void> {
  const catalogues = await Promise.all([...areas].map((area) => CATALOGUES[area][language]()));
  const messages = Object.assign({}, ...catalogues.map((catalogue) => catalogue.messages)) as Messages;
  i18n.loadAndActivate({ locale: language, messages });
  document.documentElement.lang = language;
}

/** Make the texts of an area known, in this language and in each that is shown later. A repeat changes nothing. */
export async function loadTexts(area: TextArea): Promise<void> {
  if (areas.has(area)) return;
  const language = currentLanguage();
  const { messages } = await CATALOGUES[area][language]();
  areas.add(area);
  if (language === currentLanguage()) i18n.load(language, messages);
  else await showLanguage(currentLanguage());
}

export async function chooseLanguage(language: Language): Promise<void> {
  localStorage.setItem(KEY, language);
  await showLanguage(language);
}
