/** The e-mail, and its change: a letter to the new address decides. */
import { Trans, useLingui } from "@lingui/react/macro";
import { Alert, Button, Group, Stack, Text, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useState } from "react";
import { dataOf, fetchClient } from "../../shared/api/client";
import { asProblem } from "../../shared/api/problem";
import type { UserProfile } from "../../shared/api/types";
import { Refusal } from "../../shared/security/Refusal";
import { useConfirmedMutation } from "../../shared/security/StepUp";
import { useFieldRules } from "../../shared/security/useFieldRules";
import classes from "./account.module.css";
import { useRefreshAccount } from "./queries";

export function EmailBlock({ profile }: { profile: UserProfile }) {
  const [editing, setEditing] = useState(false);
  return (
    <Stack gap="sm" className={classes.fields ?? ""}>
      <Text fw={500}>{profile.email}</Text>
      {profile.pending_email === null ? null : <Pending email={profile.pending_email} />}
      {editing ? (
        <EmailForm close={() => setEditing(false)} />
      ) : (
        <div>
          <Button variant="default" onClick={() => setEditing(true)}>
            <Trans>ИЗМЕНИТЬ E-MAIL</Trans>
          </Button>
        </div>
      )}
    </Stack>
  );
}

/** Until the link is used; the letter can be had once more. */
function Pending({ email }: { email: string }) {
  const refresh = useRefreshAccount();
  const send = useConfirmedMutation(
    () => fetchClient.POST("/api/v1/me/email", { body: { email } }).then(dataOf),
    { onSuccess: refresh },
  );
  return (
    <>
      <Alert color="gray" role="status">
        {send.isSuccess ? (
          <Trans>Новое письмо отправлено на {email}.</Trans>
        ) : (
          <Trans>
            Письмо со ссылкой отправлено на <b>{email}</b>. До подтверждения действует прежний адрес.
          </Trans>
        )}
      </Alert>
      <Refusal error={send.error} />
      <div>
        <Button variant="default" loading={send.isPending} onClick={() => send.mutate()}>
          <Trans>Отправить ещё раз</Trans>
        </Button>
      </div>
    </>
  );
}

function EmailForm({ close }: { close: () => void }) {
  const { t } = useLingui();
  const rules = useFieldRules();
  const refresh = useRefreshAccount();
  const form = useForm({ initialValues: { email: "" }, validate: { email: rules.email } });
  const change = useConfirmedMutation(
    (email: string) => fetchClient.POST("/api/v1/me/email", { body: { email } }).then(dataOf),
    {
      onError: (error) => rules.showInFields(form, error),
      onSuccess: async () => {
        await refresh();
        close();
      },
    },
  );
  const submit = form.onSubmit(
    ({ email }) => change.mutate(email.trim()),
    () => form.getInputNode("email")?.focus(),
  );
  return (
    <form onSubmit={submit} noValidate>
      <Stack gap="md">
        {asProblem(change.error).fields.length > 0 ? null : <Refusal error={change.error} />}
        <TextInput
          {...form.getInputProps("email")}
          label={t`Новый E-mail`}
          description={t`На него придёт письмо со ссылкой; прежний адрес получит извещение`}
          type="email"
          inputMode="email"
          autoComplete="email"
          maxLength={254}
          size="md"
          autoFocus
          required
        />
        <Group gap="sm">
          <Button variant="default" onClick={close}>
            <Trans>ОТМЕНА</Trans>
          </Button>
          <Button type="submit" loading={change.isPending}>
            <Trans>ОТПРАВИТЬ</Trans>
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
