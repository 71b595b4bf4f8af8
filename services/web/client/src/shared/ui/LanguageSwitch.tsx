/** The choice between Russian and English, each named in its own language. */
import { useLingui } from "@lingui/react/macro";
import { chooseLanguage, type Language } from "../i18n/language";
import classes from "./LanguageSwitch.module.css";

const LANGUAGES: [Language, string][] = [
  ["ru", "Русский"],
  ["en", "English"],
];

export function LanguageSwitch({ onChoose }: { onChoose?: () => void }) {
  const { t, i18n } = useLingui();
  return (
    <fieldset className={classes.switch} aria-label={t`Язык`}>
      {LANGUAGES.map(([language, name]) => (
        <button
          key={language}
          type="button"
          lang={language}
          aria-pressed={i18n.locale === language}
          className={classes.option}
          onClick={() => {
            void chooseLanguage(language);
            onChoose?.();
          }}
        >
          {name}
        </button>
      ))}
    </fieldset>
  );
}
