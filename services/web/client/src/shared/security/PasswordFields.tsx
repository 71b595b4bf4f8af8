/** A password with an eye, and a new password typed twice, with its rules before typing and its strength while typing. */
import { useLingui } from "@lingui/react/macro";
import { PasswordInput, type PasswordInputProps } from "@mantine/core";
import { StrengthMeter } from "./StrengthMeter";
import { usePasswordStrength } from "./usePasswordStrength";

export function PasswordField(props: PasswordInputProps) {
  const { t } = useLingui();
  return (
    <PasswordInput
      size="md"
      required
      visibilityToggleButtonProps={{ "aria-label": t`Показать или скрыть пароль`, tabIndex: 0 }}
      {...props}
    />
  );
}

export function NewPasswordFields(props: {
  first: PasswordInputProps;
  again: PasswordInputProps;
  typed: string;
  about: { email: string; fullName: string };
}) {
  const { first, again, typed, about } = props;
  const { t } = useLingui();
  const strength = usePasswordStrength(typed, about);
  return (
    <>
      <div>
        <PasswordField
          {...first}
          description={t`Не менее 8 символов: заглавные и строчные буквы, цифры, специальные символы`}
          autoComplete="new-password"
        />
        <StrengthMeter strength={strength} />
      </div>
      <PasswordField {...again} autoComplete="new-password" />
    </>
  );
}
