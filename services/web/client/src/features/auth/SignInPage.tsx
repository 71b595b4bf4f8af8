/** «Войти в систему» of the manual, chapter 2: E-mail, password with an eye, what is wrong said in place. */
import { Trans, useLingui } from "@lingui/react/macro";
import { Alert, Button, PasswordInput, Stack, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { IconAlertCircle } from "@tabler/icons-react";
import { lazy, Suspense, useState } from "react";
import { sessionState, signIn, signInWithFactor } from "../../shared/api/session";
import type { Challenge } from "../../shared/api/types";
import { loadTexts } from "../../shared/i18n/language";
import { EntrancePage, OtherWay, OtherWays } from "../../shared/ui/EntrancePage";
import { ButtonLink } from "../../shared/ui/links";
import { PageTitle } from "../../shared/ui/PageTitle";
import { Loading } from "../../shared/ui/states";
import { useProblemText } from "../../shared/ui/useProblemText";

const SecondFactor = lazy(async () => {
  const [part] = await Promise.all([import("../../shared/security/SecondFactor"), loadTexts("account")]);
  return { default: part.SecondFactor };
});

export function SignInPage() {
  const [challenge, setChallenge] = useState<Challenge | null>(null);
  const { t } = useLingui();
  if (challenge === null) return <PasswordStep onChallenge={setChallenge} />;
  return (
    <EntrancePage>
      <PageTitle title={t`Подтвердите вход`} />
      <Suspense fallback={<Loading height={160} />}>
        <SecondFactor challenge={challenge} answer={signInWithFactor} restart={() => setChallenge(null)} />
      </Suspense>
    </EntrancePage>
  );
}

function PasswordStep({ onChallenge }: { onChallenge: (challenge: Challenge) => void }) {
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
        const challenge = await signIn(email.trim(), password);
        if (challenge !== null) onChallenge(challenge);
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
        <OtherWay question={<Trans>Забыли пароль?</Trans>}>
          <ButtonLink to="/recovery" variant="default">
            <Trans>ВОССТАНОВИТЬ ДОСТУП</Trans>
          </ButtonLink>
        </OtherWay>
        <OtherWay question={<Trans>Ещё не зарегистрированы?</Trans>}>
          <ButtonLink to="/registration" variant="default">
            <Trans>РЕГИСТРАЦИЯ</Trans>
          </ButtonLink>
        </OtherWay>
      </OtherWays>
    </EntrancePage>
  );
}
