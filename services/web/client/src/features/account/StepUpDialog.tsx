/** «Подтвердите, что это вы»: the password, then the second factor of those who have one. */
import { Trans, useLingui } from "@lingui/react/macro";
import { Button, Stack, Text } from "@mantine/core";
import { useForm } from "@mantine/form";
import { api } from "../../shared/api/client";
import { Dialog } from "../../shared/dialog/Dialog";
import { PasswordField } from "../../shared/security/PasswordFields";
import { Refusal } from "../../shared/security/Refusal";
import { SecondFactor } from "../../shared/security/SecondFactor";
import { useFieldRules } from "../../shared/security/useFieldRules";
import { useOnce } from "../../shared/security/useOnce";
import { Loading } from "../../shared/ui/states";

export function StepUpDialog(props: {
  password: string | undefined;
  onProved: () => void;
  onClose: () => void;
}) {
  const { password: known, onProved, onClose } = props;
  const { t } = useLingui();
  const rules = useFieldRules();
  const begin = api.useMutation("post", "/api/v1/me/step-up");
  const finish = api.useMutation("post", "/api/v1/me/step-up/second-factor");
  const form = useForm({ initialValues: { password: "" }, validate: { password: rules.required } });
  const send = (password: string) =>
    begin.mutate(
      { body: { password } },
      {
        onSuccess: ({ challenge }) => {
          if (challenge === null) onProved();
        },
        onError: () => form.getInputNode("password")?.focus(),
      },
    );
  useOnce(() => {
    if (known !== undefined) send(known);
  });
  const challenge = begin.data?.challenge ?? null;
  return (
    <Dialog title={t`Подтвердите, что это вы`} onClose={onClose}>
      {challenge !== null ? (
        <SecondFactor
          challenge={challenge}
          answer={(body) => finish.mutateAsync({ body }).then(onProved)}
          restart={known === undefined ? begin.reset : onClose}
        />
      ) : known !== undefined && begin.error === null ? (
        <Loading height={120} />
      ) : (
        <form
          onSubmit={form.onSubmit(
            ({ password }) => send(password),
            () => form.getInputNode("password")?.focus(),
          )}
          noValidate
        >
          <Stack gap="md">
            <Text size="sm">
              <Trans>Для этого изменения введите пароль от кабинета ещё раз.</Trans>
            </Text>
            <Refusal error={begin.error} />
            <PasswordField
              {...form.getInputProps("password")}
              label={t`Пароль`}
              autoComplete="current-password"
              data-autofocus
            />
            <Button type="submit" loading={begin.isPending} fullWidth>
              <Trans>ПОДТВЕРДИТЬ</Trans>
            </Button>
          </Stack>
        </form>
      )}
    </Dialog>
  );
}
