/** «Войти в систему» of the manual, chapter 2: E-mail, password with an eye, what is wrong said in place. */
import { Trans, useLingui } from "@lingui/react/macro";
import { Alert, Button, PasswordInput, Stack, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { IconAlertCircle } from "@tabler/icons-react";
import { useState } from "react";
import { sessionState, signIn } from "../../shared/api/session";
import { EntrancePage, OtherWay, OtherWays } from "../../shared/ui/EntrancePage";
import { ButtonLink } from "../../shared/ui/links";
import { PageTitle } from "../../shared/ui/PageTitle";
import { useProblemText } from "../../shared/ui/useProblemText";

export function SignInPage() {
  const { t } = useLingui();
  const problemText = useProblemText();
  const [error, setError] = useState<unknown>(null);
  const [busy, setBusy] = useState(false);
  const required = (value: string) => (value === "" ? t`Поле обязательно для заполнения` : null);
  const form = useForm({
    mode: "uncontrolled",
    initialValues: { email: "", password: "" },
    validate: { email: (value) => required(value.trim()), password: required },
  });
  const session = sessionState();
  const ended = session.status === "signed_out" && session.reason === "ended" && error === null;

  const submit = form.onSubmit(
    async ({ email, password }) => {
      setBusy(true);
      setError(null);
      try {
        await signIn(email.trim(), password);
      } catch (failure) {
        setError(failure);
        form.getInputNode("password")?.focus();
      } finally {
        setBusy(false);
      }
    },
    (errors) => form.getInputNode(Object.keys(errors)[0] ?? "email")?.focus(),
  );

  return (
    <EntrancePage>
      <form onSubmit={submit} noValidate>
        <PageTitle title={t`Войти в систему`} />
        <Stack gap="md">
          {ended ? <Alert color="gray">{t`Сеанс завершён. Войдите снова.`}</Alert> : null}
          {error === null ? null : (
            <Alert color="red" variant="light" role="alert" icon={<IconAlertCircle aria-hidden />}>
              {problemText(error)}
            </Alert>
          )}
          <TextInput
            key={form.key("email")}
            {...form.getInputProps("email")}
            label={t`E-mail`}
            type="email"
            inputMode="email"
            autoComplete="username"
            size="md"
            required
          />
          <PasswordInput
            key={form.key("password")}
            {...form.getInputProps("password")}
            label={t`Пароль`}
            autoComplete="current-password"
            size="md"
            required
            visibilityToggleButtonProps={{ "aria-label": t`Показать или скрыть пароль`, tabIndex: 0 }}
          />
          <Button type="submit" loading={busy} fullWidth>
            <Trans>ВОЙТИ</Trans>
          </Button>
        </Stack>
      </form>
      <OtherWays>
        <OtherWay question={<Trans>Ещё не зарегистрированы?</Trans>}>
          <ButtonLink to="/registration" variant="default">
            <Trans>РЕГИСТРАЦИЯ</Trans>
          </ButtonLink>
        </OtherWay>
      </OtherWays>
    </EntrancePage>
  );
}
