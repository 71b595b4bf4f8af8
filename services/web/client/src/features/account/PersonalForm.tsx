/** Name, phone and language. The page shows a new name after the next sign-in (manual, chapter 3.4). */
import { Trans, useLingui } from "@lingui/react/macro";
import { Alert, Button, NativeSelect, Stack, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { dataOf, fetchClient } from "../../shared/api/client";
import { asProblem } from "../../shared/api/problem";
import type { UserProfile } from "../../shared/api/types";
import { chooseLanguage, isLanguage } from "../../shared/i18n/language";
import { Refusal } from "../../shared/security/Refusal";
import { useConfirmedMutation } from "../../shared/security/StepUp";
import { useFieldRules } from "../../shared/security/useFieldRules";
import classes from "./account.module.css";
import { useRefreshAccount } from "./queries";

interface Values {
  full_name: string;
  phone: string;
  language: string;
}

export function PersonalForm({ profile }: { profile: UserProfile }) {
  const { t } = useLingui();
  const rules = useFieldRules();
  const refresh = useRefreshAccount();
  const form = useForm<Values>({
    initialValues: valuesOf(profile),
    validate: {
      full_name: rules.required,
      phone: (value) => (profile.phone === null ? null : rules.required(value)),
    },
  });
  const save = useConfirmedMutation(
    (body: ProfileChange) => fetchClient.PATCH("/api/v1/me/profile", { body }).then(dataOf),
    {
      onError: (error) => rules.showInFields(form, error),
      onSuccess: async (saved) => {
        form.setInitialValues(valuesOf(saved));
        form.reset();
        if (saved.language !== profile.language) await chooseLanguage(saved.language);
        await refresh();
      },
    },
  );
  const submit = form.onSubmit(
    (values) => save.mutate(changeOf(values, profile)),
    (errors) => form.getInputNode(Object.keys(errors)[0] ?? "full_name")?.focus(),
  );
  return (
    <form onSubmit={submit} noValidate className={classes.fields}>
      <Stack gap="md">
        {asProblem(save.error).fields.length > 0 ? null : <Refusal error={save.error} />}
        {save.isSuccess && !form.isDirty() ? (
          <Alert color="green" variant="light" role="status">
            <Trans>Сохранено.</Trans>
          </Alert>
        ) : null}
        <TextInput
          {...form.getInputProps("full_name")}
          label={t`Ф.И.О.`}
          description={t`В кабинете изменится после следующего входа`}
          autoComplete="name"
          maxLength={200}
          size="md"
          required
        />
        <TextInput
          {...form.getInputProps("phone")}
          label={t`Телефон`}
          description={t`На него могут приходить коды подтверждения входа`}
          type="tel"
          autoComplete="tel"
          maxLength={40}
          size="md"
          required={profile.phone !== null}
        />
        <NativeSelect
          {...form.getInputProps("language")}
          label={t`Язык кабинета и писем`}
          data={[
            { value: "ru", label: "Русский" },
            { value: "en", label: "English" },
          ]}
          size="md"
        />
        <div>
          <Button type="submit" loading={save.isPending} disabled={!form.isDirty()}>
            <Trans>СОХРАНИТЬ</Trans>
          </Button>
        </div>
      </Stack>
    </form>
  );
}

function valuesOf({ full_name, phone, language }: UserProfile): Values {
  return { full_name, phone: phone ?? "", language };
}

type ProfileChange = Partial<Pick<UserProfile, "full_name" | "language"> & { phone: string }>;

/** Only what differs: a changed phone wants a proof of the user, a name does not. */
function changeOf({ full_name, phone, language }: Values, before: UserProfile): ProfileChange {
  return {
    ...(full_name.trim() === before.full_name ? {} : { full_name: full_name.trim() }),
    ...(phone.trim() === (before.phone ?? "") ? {} : { phone: phone.trim() }),
    ...(language === before.language || !isLanguage(language) ? {} : { language }),
  };
}
