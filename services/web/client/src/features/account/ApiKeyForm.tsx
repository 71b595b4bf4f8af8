/** A new key: its name, the contracts that it may read, how long it lives. */
import { Trans, useLingui } from "@lingui/react/macro";
import { Button, Checkbox, NativeSelect, Stack, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { dataOf, fetchClient } from "../../shared/api/client";
import { asProblem } from "../../shared/api/problem";
import type { Contract } from "../../shared/api/types";
import { Refusal } from "../../shared/security/Refusal";
import { useConfirmedMutation } from "../../shared/security/StepUp";
import { useFieldRules } from "../../shared/security/useFieldRules";
import classes from "./account.module.css";
import { useRefreshAccount } from "./queries";

export function ApiKeyForm({ contracts, onMade }: { contracts: Contract[]; onMade: (key: string) => void }) {
  const { t } = useLingui();
  const rules = useFieldRules();
  const refresh = useRefreshAccount();
  const form = useForm({
    initialValues: { name: "", contract_ids: contracts.map(({ id }) => id), days: "90" },
    validate: {
      name: rules.required,
      contract_ids: (ids) => (ids.length === 0 ? t`Выберите хотя бы один договор` : null),
    },
  });
  const make = useConfirmedMutation(
    (body: { name: string; contract_ids: string[]; expires_in_days: number }) =>
      fetchClient.POST("/api/v1/me/api-keys", { body }).then(dataOf),
    {
      onError: (error) => rules.showInFields(form, error),
      onSuccess: async ({ key }) => {
        onMade(key);
        form.reset();
        await refresh();
      },
    },
  );
  const submit = form.onSubmit(
    ({ name, contract_ids, days }) =>
      make.mutate({ name: name.trim(), contract_ids, expires_in_days: Number(days) }),
    (errors) => form.getInputNode(Object.keys(errors)[0] ?? "name")?.focus(),
  );
  return (
    <form onSubmit={submit} noValidate className={classes.fields}>
      <Stack gap="md">
        {asProblem(make.error).fields.length > 0 ? null : <Refusal error={make.error} />}
        <TextInput
          {...form.getInputProps("name")}
          label={t`Название`}
          description={t`Чтобы узнать ключ в списке`}
          maxLength={100}
          size="md"
          required
        />
        <Checkbox.Group {...form.getInputProps("contract_ids")} label={t`Договоры`}>
          <Stack gap="xs" mt="xs">
            {contracts.map(({ id, name, number }) => (
              <Checkbox key={id} value={id} label={`${name}, ${number}`} />
            ))}
          </Stack>
        </Checkbox.Group>
        <NativeSelect
          {...form.getInputProps("days")}
          label={t`Срок действия`}
          data={[
            { value: "30", label: t`30 дней` },
            { value: "90", label: t`90 дней` },
            { value: "180", label: t`180 дней` },
            { value: "366", label: t`366 дней` },
          ]}
          size="md"
        />
        <div>
          <Button type="submit" loading={make.isPending}>
            <Trans>СОЗДАТЬ КЛЮЧ</Trans>
          </Button>
        </div>
      </Stack>
    </form>
  );
}
