/** The new password, typed twice. */
import { Trans, useLingui } from "@lingui/react/macro";
import { Button, Stack } from "@mantine/core";
import { useForm } from "@mantine/form";
import { asProblem } from "../../shared/api/problem";
import { NewPasswordFields } from "../../shared/security/PasswordFields";
import { Refusal } from "../../shared/security/Refusal";
import { useFieldRules } from "../../shared/security/useFieldRules";

const NOBODY = { email: "", fullName: "" };

export function NewPasswordForm(props: {
  send: (password: string, onError: (error: unknown) => void) => void;
  error: unknown;
  busy: boolean;
}) {
  const { send, error, busy } = props;
  const { t } = useLingui();
  const rules = useFieldRules();
  const form = useForm({
    initialValues: { password: "", again: "" },
    validate: {
      password: rules.newPassword,
      again: (value, { password }) => rules.again(value, password),
    },
  });
  const submit = form.onSubmit(
    ({ password }) => send(password, (failure) => rules.showInFields(form, failure)),
    (errors) => form.getInputNode(Object.keys(errors)[0] ?? "password")?.focus(),
  );
  return (
    <form onSubmit={submit} noValidate>
      <Stack gap="md">
        {asProblem(error).fields.length > 0 ? null : <Refusal error={error} />}
        <NewPasswordFields
          first={{ ...form.getInputProps("password"), label: t`Новый пароль` }}
          again={{ ...form.getInputProps("again"), label: t`Новый пароль (еще раз)` }}
          typed={form.values.password}
          about={NOBODY}
        />
        <Button type="submit" loading={busy} fullWidth>
          <Trans>СОХРАНИТЬ</Trans>
        </Button>
      </Stack>
    </form>
  );
}
