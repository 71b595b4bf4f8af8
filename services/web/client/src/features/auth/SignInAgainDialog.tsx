/** The session ended while the page was open: the same user signs in over it, and nothing that was typed is lost. */
import { Trans, useLingui } from "@lingui/react/macro";
import { Button, Stack, Text, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useState } from "react";
import { abandonSession, signIn, signInWithFactor } from "../../shared/api/session";
import type { Challenge } from "../../shared/api/types";
import { Dialog } from "../../shared/dialog/Dialog";
import { PasswordField } from "../../shared/security/PasswordFields";
import { Refusal } from "../../shared/security/Refusal";
import { SecondFactor } from "../../shared/security/SecondFactor";
import { useFieldRules } from "../../shared/security/useFieldRules";

export function SignInAgainDialog({ email }: { email: string }) {
  const { t } = useLingui();
  const [challenge, setChallenge] = useState<Challenge | null>(null);
  return (
    <Dialog title={t`Войдите снова`}>
      <Stack gap="md">
        {challenge === null ? (
          <PasswordForm email={email} onChallenge={setChallenge} />
        ) : (
          <SecondFactor challenge={challenge} answer={signInWithFactor} restart={() => setChallenge(null)} />
        )}
        <Button variant="default" onClick={abandonSession}>
          <Trans>Уйти со страницы</Trans>
        </Button>
      </Stack>
    </Dialog>
  );
}

function PasswordForm(props: { email: string; onChallenge: (challenge: Challenge) => void }) {
  const { email, onChallenge } = props;
  const { t } = useLingui();
  const rules = useFieldRules();
  const [error, setError] = useState<unknown>(null);
  const [busy, setBusy] = useState(false);
  const form = useForm({ initialValues: { password: "" }, validate: { password: rules.required } });
  const focus = () => form.getInputNode("password")?.focus();
  const submit = form.onSubmit(async ({ password }) => {
    setBusy(true);
    setError(null);
    try {
      const challenge = await signIn(email, password);
      if (challenge !== null) onChallenge(challenge);
    } catch (failure) {
      setError(failure);
      focus();
    } finally {
      setBusy(false);
    }
  }, focus);
  return (
    <form onSubmit={submit} noValidate>
      <Stack gap="md">
        <Text size="sm">
          <Trans>Сеанс завершён. Введите пароль, чтобы продолжить: введённое на странице сохранится.</Trans>
        </Text>
        <Refusal error={error} />
        <TextInput label={t`E-mail`} value={email} type="email" autoComplete="username" size="md" readOnly />
        <PasswordField
          {...form.getInputProps("password")}
          label={t`Пароль`}
          autoComplete="current-password"
          data-autofocus
        />
        <Button type="submit" loading={busy}>
          <Trans>ВОЙТИ</Trans>
        </Button>
      </Stack>
    </form>
  );
}
