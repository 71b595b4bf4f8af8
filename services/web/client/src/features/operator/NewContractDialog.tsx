/** A new contract of the supplier: its number and the login with which a consumer links it. */
import { Trans, useLingui } from "@lingui/react/macro";
import { Button, Stack, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { api } from "../../shared/api/client";
import { asProblem } from "../../shared/api/problem";
import type { OperatorContract } from "../../shared/api/types";
import { useIdempotencyKey } from "../../shared/api/useIdempotencyKey";
import { Dialog } from "../../shared/dialog/Dialog";
import { Refusal } from "../../shared/security/Refusal";
import { useFieldRules } from "../../shared/security/useFieldRules";
import { useRefreshContracts } from "./queries";
import { useOperatorText } from "./useOperatorText";

export function NewContractDialog(props: {
  onCreated: (contract: OperatorContract) => void;
  onClose: () => void;
}) {
  const { onCreated, onClose } = props;
  const { t } = useLingui();
  const textOf = useOperatorText();
  const rules = useFieldRules(textOf);
  const refresh = useRefreshContracts();
  const idempotencyKey = useIdempotencyKey();
  const create = api.useMutation("post", "/api/v1/operator/contracts");
  const form = useForm({
    initialValues: { number: "", login: "" },
    validate: { number: rules.required, login: rules.required },
    onValuesChange: idempotencyKey.spent,
  });
  const submit = form.onSubmit(
    ({ number, login }) =>
      create.mutate(
        {
          params: { header: { "Idempotency-Key": idempotencyKey.current() } },
          body: { number: number.trim(), login: login.trim() },
        },
        {
          onError: (error) => rules.showInFields(form, error),
          onSuccess: async (contract) => {
            await refresh();
            onCreated(contract);
          },
        },
      ),
    (errors) => form.getInputNode(Object.keys(errors)[0] ?? "number")?.focus(),
  );
  return (
    <Dialog title={t`Новый договор`} onClose={onClose}>
      <form onSubmit={submit} noValidate>
        <Stack gap="md">
          {asProblem(create.error).fields.length > 0 ? null : (
            <Refusal error={create.error} textOf={textOf} />
          )}
          <TextInput
            {...form.getInputProps("number")}
            label={t`Номер договора`}
            autoComplete="off"
            maxLength={50}
            size="md"
            data-autofocus
            required
          />
          <TextInput
            {...form.getInputProps("login")}
            label={t`Логин`}
            description={t`С ним потребитель добавит договор; пароль выдаётся отдельно`}
            autoComplete="off"
            maxLength={100}
            size="md"
            required
          />
          <Button type="submit" loading={create.isPending}>
            <Trans>СОЗДАТЬ</Trans>
          </Button>
        </Stack>
      </form>
    </Dialog>
  );
}
