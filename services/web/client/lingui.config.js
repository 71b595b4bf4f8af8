import { formatter } from "@lingui/format-po";

/** Loaded with the pages of the account and of the links to contracts, so that the sign-in page does not pay for their texts. */
const ACCOUNT = [
  "src/features/account",
  "src/features/bills",
  "src/features/contracts",
  "src/features/recovery",
  "src/features/registration",
  "src/shared/security",
];

/** Loaded with the tabs of a metering point. */
const METERING = [
  "src/features/analysis",
  "src/features/consumption",
  "src/features/days",
  "src/features/instants",
  "src/features/profile",
  "src/features/supply",
  "src/shared/metering",
];

const OPERATOR = ["src/features/accounting", "src/features/operator"];

/** Texts are written in Russian in the source; the English catalogue translates them. */
export default {
  sourceLocale: "ru",
  locales: ["ru", "en"],
  catalogs: [
    {
      path: "<rootDir>/src/locales/{locale}",
      include: ["src"],
      exclude: ["**/*.test.*", ...[...ACCOUNT, ...METERING, ...OPERATOR].map((folder) => `${folder}/**`)],
    },
    { path: "<rootDir>/src/locales/account/{locale}", include: ACCOUNT, exclude: ["**/*.test.*"] },
    { path: "<rootDir>/src/locales/metering/{locale}", include: METERING, exclude: ["**/*.test.*"] },
    { path: "<rootDir>/src/locales/operator/{locale}", include: OPERATOR, exclude: ["**/*.test.*"] },
  ],
  format: formatter({ lineNumbers: false }),
};
