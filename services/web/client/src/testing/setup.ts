/** What the unit tests' DOM lacks, and the Russian texts. */
import { cleanup } from "@testing-library/react";
import { afterEach, beforeAll } from "vitest";
import { loadTexts, showLanguage } from "../shared/i18n/language";

class NoResize implements ResizeObserver {
  observe(): void {}
  unobserve(): void {}
  disconnect(): void {}
}

globalThis.ResizeObserver ??= NoResize;

beforeAll(async () => {
  await showLanguage("ru");
  await loadTexts("account");
  await loadTexts("metering");
  await loadTexts("operator");
});
afterEach(cleanup);
