/** The password of the registration: who registered with a foreign address has no letter, its owner has no password. */
import { Trans, useLingui } from "@lingui/react/macro";
import { Button, Stack, Text } from "@mantine/core";
import { useForm } from "@mantine/form";
import { asProblem } from "../../shared/api/problem";
import { PasswordField } from "../../shared/security/PasswordFields";
import { Refusal } from "../../shared/security/Refusal";
import { useFieldRules } from "../../shared/security/useFieldRules";

export function ConfirmPasswordForm(props: {
  send: (password: string, onError: (error: unknown) => void) => void;
  error: unknown;
  busy: boolean;
}) {
  const { send, error, busy } = props;
  const { t } = useLingui();
  const rules = useFieldRules();
  const form = useForm({
    initialValues: { password: "" },
    validate: { password: (value) => (value === "" ? t`Поле обязательно для заполнения` : null) },
  });
  const submit = form.onSubmit(
    ({ password }) => send(password, (failure) => rules.showInFields(form, failure)),
    () => form.getInputNode("password")?.focus(),
  );
  return (
    <form onSubmit={submit} noValidate>
      <Stack gap="md">
        {asProblem(error).fields.length > 0 ? null : <Refusal error={error} />}
        <Text>
          <Trans>
            Введите пароль, заданный при регистрации. Если регистрировались не вы, ничего делать не нужно.
          </Trans>
        </Text>
        <PasswordField
          {...form.getInputProps("password")}
          label={t`Пароль`}
          autoComplete="current-password"
          required
        />
        <Button type="submit" loading={busy} fullWidth>
          <Trans>ПОДТВЕРДИТЬ</Trans>
        </Button>
      </Stack>
    </form>
  );
}
