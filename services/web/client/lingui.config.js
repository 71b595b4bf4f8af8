import { formatter } from "@lingui/format-po";

/** Loaded with the pages of the account and of the links to contracts, so that the sign-in page does not pay for their texts. */
const ACCOUNT = [
  "src/features/account",
  "src/features/contracts",
  "src/features/recovery",
  "src/features/registration",
  "src/shared/security",
];

/** Texts are written in Russian in the source; the English catalogue translates them. */
export default {
  sourceLocale: "ru",
  locales: ["ru", "en"],
  catalogs: [
    {
      path: "<rootDir>/src/locales/{locale}",
      include: ["src"],
      exclude: ["**/*.test.*", ...ACCOUNT.map((folder) => `${folder}/**`)],
    },
    { path: "<rootDir>/src/locales/account/{locale}", include: ACCOUNT, exclude: ["**/*.test.*"] },
  ],
  format: formatter({ lineNumbers: false }),
};
