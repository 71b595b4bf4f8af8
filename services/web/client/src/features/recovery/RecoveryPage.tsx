/** «Восстановление пароля» (manual, chapter 2.3): the same answer for every address, so that none can be guessed. */
import { Plural, Trans, useLingui } from "@lingui/react/macro";
import { Alert, Button, Stack, Text, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { publicApi } from "../../shared/api/client";
import { asProblem } from "../../shared/api/problem";
import { Refusal } from "../../shared/security/Refusal";
import { useFieldRules } from "../../shared/security/useFieldRules";
import { EntrancePage, OtherWay, OtherWays } from "../../shared/ui/EntrancePage";
import { ButtonLink } from "../../shared/ui/links";
import { PageTitle } from "../../shared/ui/PageTitle";

export function RecoveryPage() {
  const { t } = useLingui();
  const rules = useFieldRules();
  const recover = publicApi.useMutation("post", "/api/v1/recoveries");
  const form = useForm({ initialValues: { email: "" }, validate: { email: rules.email } });
  const submit = form.onSubmit(
    ({ email }) =>
      recover.mutate(
        { body: { email: email.trim() } },
        { onError: (error) => rules.showInFields(form, error) },
      ),
    () => form.getInputNode("email")?.focus(),
  );
  const minutes = Math.round((recover.data?.expires_in ?? 0) / 60);
  return (
    <EntrancePage>
      <PageTitle title={t`Восстановление пароля`} />
      {recover.data === undefined ? (
        <form onSubmit={submit} noValidate>
          <Stack gap="md">
            {asProblem(recover.error).fields.length > 0 ? null : <Refusal error={recover.error} />}
            <TextInput
              {...form.getInputProps("email")}
              label={t`Электронная почта`}
              description={t`Адрес, указанный при регистрации`}
              type="email"
              inputMode="email"
              autoComplete="username"
              maxLength={254}
              size="md"
              required
            />
            <Button type="submit" loading={recover.isPending} fullWidth>
              <Trans>ОТПРАВИТЬ</Trans>
            </Button>
          </Stack>
        </form>
      ) : (
        <Stack gap="md">
          <Alert color="green" variant="light" role="status">
            <Trans>
              Если адрес <b>{form.values.email.trim()}</b> зарегистрирован, на него отправлено письмо со
              ссылкой.
            </Trans>
          </Alert>
          <Text>
            <Plural
              value={minutes}
              one="Ссылка действует # минуту. Если письма нет, проверьте папку «Спам»."
              few="Ссылка действует # минуты. Если письма нет, проверьте папку «Спам»."
              many="Ссылка действует # минут. Если письма нет, проверьте папку «Спам»."
              other="Ссылка действует # минуты. Если письма нет, проверьте папку «Спам»."
            />
          </Text>
          <Button variant="default" onClick={recover.reset}>
            <Trans>Отправить ещё раз</Trans>
          </Button>
        </Stack>
      )}
      <OtherWays>
        <OtherWay question={<Trans>Вспомнили пароль?</Trans>}>
          <ButtonLink to="/sign-in" variant="default">
            <Trans>ВОЙТИ</Trans>
          </ButtonLink>
        </OtherWay>
      </OtherWays>
    </EntrancePage>
  );
}
