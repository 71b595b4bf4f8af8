/** «Смена пароля» (manual, chapter 3.4): the present password, the new one twice. */
import { Trans, useLingui } from "@lingui/react/macro";
import { Alert, Button, Checkbox, Group, Stack } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useState } from "react";
import { fetchClient } from "../../shared/api/client";
import { asProblem } from "../../shared/api/problem";
import type { PasswordChange, UserProfile } from "../../shared/api/types";
import { NewPasswordFields, PasswordField } from "../../shared/security/PasswordFields";
import { Refusal } from "../../shared/security/Refusal";
import { useConfirmedMutation } from "../../shared/security/StepUp";
import { useFieldRules } from "../../shared/security/useFieldRules";
import classes from "./account.module.css";
import { isOver, useApiKeys, useRefreshAccount } from "./queries";

export function PasswordBlock({ profile }: { profile: UserProfile | undefined }) {
  const [state, setState] = useState<"closed" | "open" | "changed">("closed");
  if (state === "open") {
    return (
      <PasswordForm
        profile={profile}
        onChanged={() => setState("changed")}
        onCancel={() => setState("closed")}
      />
    );
  }
  return (
    <Stack gap="sm" align="flex-start">
      {state === "changed" ? (
        <Alert color="green" variant="light" role="status">
          <Trans>Пароль изменён. Остальные сеансы завершены.</Trans>
        </Alert>
      ) : null}
      <Button variant="default" onClick={() => setState("open")}>
        <Trans>ИЗМЕНИТЬ ПАРОЛЬ</Trans>
      </Button>
    </Stack>
  );
}

function PasswordForm(props: {
  profile: UserProfile | undefined;
  onChanged: () => void;
  onCancel: () => void;
}) {
  const { profile, onChanged, onCancel } = props;
  const { t } = useLingui();
  const rules = useFieldRules();
  const refresh = useRefreshAccount();
  const hasKeys = useApiKeys().data?.items.some((key) => !isOver(key)) ?? false;
  const form = useForm({
    initialValues: { current_password: "", new_password: "", again: "", keep_api_keys: false },
    validate: {
      current_password: rules.required,
      new_password: rules.newPassword,
      again: (value, { new_password }) => rules.again(value, new_password),
    },
  });
  const change = useConfirmedMutation(
    (body: PasswordChange) => fetchClient.PUT("/api/v1/me/password", { body }),
    {
      password: (body) => body.current_password,
      onError: (error) => rules.showInFields(form, error),
      onSuccess: async () => {
        onChanged();
        await refresh();
      },
    },
  );
  const submit = form.onSubmit(
    ({ again: _, ...body }) => change.mutate(body),
    (errors) => form.getInputNode(Object.keys(errors)[0] ?? "current_password")?.focus(),
  );
  return (
    <form onSubmit={submit} noValidate className={classes.fields}>
      <Stack gap="md">
        {asProblem(change.error).fields.length > 0 ? null : <Refusal error={change.error} />}
        <PasswordField
          {...form.getInputProps("current_password")}
          label={t`Текущий пароль`}
          autoComplete="current-password"
          autoFocus
        />
        <NewPasswordFields
          first={{ ...form.getInputProps("new_password"), label: t`Новый пароль` }}
          again={{ ...form.getInputProps("again"), label: t`Новый пароль (еще раз)` }}
          typed={form.values.new_password}
          about={{ email: profile?.email ?? "", fullName: profile?.full_name ?? "" }}
        />
        {hasKeys ? (
          <Checkbox
            {...form.getInputProps("keep_api_keys", { type: "checkbox" })}
            label={t`Оставить ключи API`}
            description={t`Без этой отметки программы с вашими ключами потеряют доступ`}
          />
        ) : null}
        <Group gap="sm">
          <Button variant="default" onClick={onCancel}>
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
