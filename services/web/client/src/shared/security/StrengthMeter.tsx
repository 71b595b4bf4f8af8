/** How hard a password is to guess: four fields, and the same in words. */
import { useLingui } from "@lingui/react/macro";
import type { PasswordStrength } from "../api/types";
import classes from "./StrengthMeter.module.css";
import { useCodeText } from "./useRefusalText";

const STEPS = [1, 2, 3, 4];

export function StrengthMeter({ strength }: { strength: PasswordStrength | null }) {
  const { t } = useLingui();
  const textOf = useCodeText();
  const names = [t`очень слабый`, t`слабый`, t`средний`, t`хороший`, t`надёжный`];
  const refused = strength !== null && strength.refusal !== null;
  const score = strength === null ? 0 : refused ? Math.min(strength.score, 1) : Math.max(strength.score, 1);
  const name = strength === null ? "" : (names[refused ? score : strength.score] ?? "");
  return (
    <div className={classes.meter} data-score={strength === null ? undefined : score}>
      <span className={classes.bar} aria-hidden>
        {STEPS.map((step) => (
          <span key={step} data-full={step <= score || undefined} />
        ))}
      </span>
      <span className={classes.words} role="status">
        {strength === null ? null : strength.refusal === null ? t`Пароль ${name}` : textOf(strength.refusal)}
      </span>
    </div>
  );
}
