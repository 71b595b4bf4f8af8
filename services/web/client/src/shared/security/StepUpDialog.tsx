/** «Подтвердите, что это вы»: the password, then the second factor of those who have one. */
import { Trans, useLingui } from "@lingui/react/macro";
import { Button, Stack, Text } from "@mantine/core";
import { useForm } from "@mantine/form";
import { api } from "../api/client";
import { Dialog } from "../dialog/Dialog";
import { Loading } from "../ui/states";
import { PasswordField } from "./PasswordFields";
import { Refusal } from "./Refusal";
import { SecondFactor } from "./SecondFactor";
import { useFieldRules } from "./useFieldRules";
import { useOnce } from "./useOnce";

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
              <Trans>Для этого действия введите пароль от кабинета ещё раз.</Trans>
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
