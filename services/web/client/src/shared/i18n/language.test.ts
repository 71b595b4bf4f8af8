import { afterEach, expect, it, vi } from "vitest";
import { browserLanguage } from "./language";

afterEach(() => vi.unstubAllGlobals());

it.each([
  [["ru-RU", "en"], "ru"],
  [["en-US", "ru"], "en"],
  [["kk-KZ", "ru-RU", "en"], "ru"],
  [["de-DE"], "en"],
  [[], "en"],
])("opens for a browser that speaks %j in %s", (languages, expected) => {
  vi.stubGlobal("navigator", { languages });
  expect(browserLanguage()).toBe(expected);
});
