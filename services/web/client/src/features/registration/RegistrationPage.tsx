/** «Регистрация» (manual, chapter 2.1): e-mail, full name, phone, password twice; a letter confirms the address. */
import { Trans, useLingui } from "@lingui/react/macro";
import { Button, Stack, Text, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useNavigate } from "@tanstack/react-router";
import { publicApi } from "../../shared/api/client";
import { asProblem } from "../../shared/api/problem";
import { currentLanguage } from "../../shared/i18n/language";
import { NewPasswordFields } from "../../shared/security/PasswordFields";
import { Refusal } from "../../shared/security/Refusal";
import { useFieldRules } from "../../shared/security/useFieldRules";
import { EntrancePage, OtherWay, OtherWays } from "../../shared/ui/EntrancePage";
import { ButtonLink, TextLink } from "../../shared/ui/links";
import { PageTitle } from "../../shared/ui/PageTitle";

export function RegistrationPage() {
  const { t } = useLingui();
  const rules = useFieldRules();
  const navigate = useNavigate();
  const register = publicApi.useMutation("post", "/api/v1/registrations");
  const form = useForm({
    initialValues: { email: "", full_name: "", phone: "", password: "", again: "" },
    validate: {
      email: rules.email,
      full_name: rules.required,
      phone: rules.required,
      password: rules.newPassword,
      again: (value, { password }) => rules.again(value, password),
    },
  });
  const submit = form.onSubmit(
    ({ email, full_name, phone, password }) => {
      const body = {
        email: email.trim(),
        full_name: full_name.trim(),
        phone: phone.trim(),
        password,
        language: currentLanguage(),
      };
      register.mutate(
        { body },
        {
          onError: (error) => rules.showInFields(form, error),
          onSuccess: (registration) =>
            navigate({ to: "/registration/sent", state: { registration }, replace: true }),
        },
      );
    },
    (errors) => form.getInputNode(Object.keys(errors)[0] ?? "email")?.focus(),
  );
  const taken = asProblem(register.error).code === "email_taken";
  const inPlace = asProblem(register.error).fields.some((field) => field in form.values);

  return (
    <EntrancePage>
      <form onSubmit={submit} noValidate>
        <PageTitle title={t`Регистрация`} />
        <Stack gap="md">
          {inPlace ? null : <Refusal error={register.error} />}
          <div>
            <TextInput
              {...form.getInputProps("email")}
              label={t`E-mail`}
              description={t`На него придёт письмо с подтверждением`}
              type="email"
              inputMode="email"
              autoComplete="username"
              maxLength={254}
              size="md"
              required
            />
            {taken && form.errors.email !== undefined ? (
              <Text size="sm" mt={4}>
                <Trans>
                  Это ваш адрес? <TextLink to="/sign-in">Войдите</TextLink> или{" "}
                  <TextLink to="/recovery">восстановите доступ</TextLink>.
                </Trans>
              </Text>
            ) : null}
          </div>
          <TextInput
            {...form.getInputProps("full_name")}
            label={t`Ф.И.О.`}
            autoComplete="name"
            maxLength={200}
            size="md"
            required
          />
          <TextInput
            {...form.getInputProps("phone")}
            label={t`Телефон`}
            description={t`На него могут приходить коды подтверждения входа`}
            placeholder="+7 900 000-00-00"
            type="tel"
            autoComplete="tel"
            maxLength={40}
            size="md"
            required
          />
          <NewPasswordFields
            first={{ ...form.getInputProps("password"), label: t`Пароль` }}
            again={{ ...form.getInputProps("again"), label: t`Пароль (еще раз)` }}
            typed={form.values.password}
            about={{ email: form.values.email, fullName: form.values.full_name }}
          />
          <Button type="submit" loading={register.isPending} fullWidth>
            <Trans>ЗАРЕГИСТРИРОВАТЬСЯ</Trans>
          </Button>
        </Stack>
      </form>
      <OtherWays>
        <OtherWay question={<Trans>Уже зарегистрированы?</Trans>}>
          <ButtonLink to="/sign-in" variant="default">
            <Trans>ВОЙТИ</Trans>
          </ButtonLink>
        </OtherWay>
      </OtherWays>
    </EntrancePage>
  );
}
