import { formatter } from "@lingui/format-po";

/** Texts are written in Russian in the source; the English catalogue translates them. */
export default {
  sourceLocale: "ru",
  locales: ["ru", "en"],
  catalogs: [{ path: "<rootDir>/src/locales/{locale}", include: ["src"], exclude: ["**/*.test.*"] }],
  format: formatter({ lineNumbers: false }),
};
