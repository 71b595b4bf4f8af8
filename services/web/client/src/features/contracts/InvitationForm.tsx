/** Whom to show the contract, and until when. */
import { Trans, useLingui } from "@lingui/react/macro";
import { Alert, Button, Stack, Text, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useQueryClient } from "@tanstack/react-query";
import { api } from "../../shared/api/client";
import { asProblem } from "../../shared/api/problem";
import { useContractZone } from "../../shared/api/useContractZone";
import { useIdempotencyKey } from "../../shared/api/useIdempotencyKey";
import { currentLanguage } from "../../shared/i18n/language";
import { useFormat } from "../../shared/i18n/useFormat";
import { Refusal } from "../../shared/security/Refusal";
import { useFieldRules } from "../../shared/security/useFieldRules";
import { addDays } from "../../shared/time/zone";
import { DateField } from "../../shared/ui/DateField";

const USUAL_DAYS = 30;
const LONGEST_DAYS = 366;

export function InvitationForm({ contractId }: { contractId: string }) {
  const { t } = useLingui();
  const format = useFormat();
  const zone = useContractZone(contractId);
  const rules = useFieldRules();
  const queryClient = useQueryClient();
  const idempotencyKey = useIdempotencyKey();
  const today = new Date().toISOString().slice(0, 10);
  const invite = api.useMutation("post", "/api/v1/contracts/{contract_id}/invitations");
  const form = useForm({
    initialValues: { email: "", expires_on: addDays(today, USUAL_DAYS) },
    validate: { email: rules.email },
    onValuesChange: idempotencyKey.spent,
  });
  const submit = form.onSubmit(
    ({ email, expires_on }) =>
      invite.mutate(
        {
          params: {
            path: { contract_id: contractId },
            header: { "Idempotency-Key": idempotencyKey.current() },
          },
          body: { email: email.trim(), expires_on, language: currentLanguage() },
        },
        {
          onError: (error) => rules.showInFields(form, error),
          onSuccess: async () => {
            idempotencyKey.spent();
            form.reset();
            await queryClient.invalidateQueries({
              queryKey: ["get", "/api/v1/contracts/{contract_id}/invitations"],
            });
          },
        },
      ),
    () => form.getInputNode("email")?.focus(),
  );
  return (
    <form onSubmit={submit} noValidate>
      <Stack gap="md">
        <Text size="sm" c="dimmed">
          <Trans>
            Приглашённый увидит показания, профиль мощности и расчёты, но ничего не сможет изменить.
          </Trans>
        </Text>
        {asProblem(invite.error).fields.length > 0 ? null : <Refusal error={invite.error} />}
        {invite.isSuccess && !form.isDirty() ? (
          <Alert color="green" variant="light" role="status">
            <Trans>
              Приглашение отправлено на <b>{invite.data.email}</b>. Принять его нужно до{" "}
              {format.dateTime(invite.data.accept_before, zone)}.
            </Trans>
          </Alert>
        ) : null}
        <TextInput
          {...form.getInputProps("email")}
          label={t`E-mail`}
          type="email"
          inputMode="email"
          autoComplete="off"
          maxLength={254}
          size="md"
          required
        />
        <DateField
          label={t`Доступ до`}
          value={form.values.expires_on}
          min={addDays(today, 1)}
          max={addDays(today, LONGEST_DAYS)}
          onChange={(day) => form.setFieldValue("expires_on", day)}
        />
        <div>
          <Button type="submit" loading={invite.isPending}>
            <Trans>ПРИГЛАСИТЬ</Trans>
          </Button>
        </div>
      </Stack>
    </form>
  );
}
