/** A new own name for a contract (manual, chapter 3.3). */
import { Trans, useLingui } from "@lingui/react/macro";
import { Button, Stack, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useQueryClient } from "@tanstack/react-query";
import { api } from "../../shared/api/client";
import { asProblem } from "../../shared/api/problem";
import type { Contract } from "../../shared/api/types";
import { Dialog } from "../../shared/dialog/Dialog";
import { Refusal } from "../../shared/security/Refusal";
import { useFieldRules } from "../../shared/security/useFieldRules";

export function RenameDialog({ contract, onClose }: { contract: Contract; onClose: () => void }) {
  const { t } = useLingui();
  const rules = useFieldRules();
  const queryClient = useQueryClient();
  const rename = api.useMutation("patch", "/api/v1/contracts/{contract_id}");
  const form = useForm({ initialValues: { name: contract.name }, validate: { name: rules.required } });
  const submit = form.onSubmit(
    ({ name }) =>
      rename.mutate(
        { params: { path: { contract_id: contract.id } }, body: { name: name.trim() } },
        {
          onError: (error) => rules.showInFields(form, error),
          onSuccess: async () => {
            await Promise.all([
              queryClient.invalidateQueries({ queryKey: ["get", "/api/v1/contracts"] }),
              queryClient.invalidateQueries({ queryKey: ["get", "/api/v1/contracts/{contract_id}"] }),
            ]);
            onClose();
          },
        },
      ),
    () => form.getInputNode("name")?.focus(),
  );
  return (
    <Dialog title={t`Переименовать договор`} onClose={onClose}>
      <form onSubmit={submit} noValidate>
        <Stack gap="md">
          {asProblem(rename.error).fields.length > 0 ? null : <Refusal error={rename.error} />}
          <TextInput
            {...form.getInputProps("name")}
            label={t`Название`}
            maxLength={100}
            size="md"
            data-autofocus
            required
          />
          <Button type="submit" loading={rename.isPending}>
            <Trans>СОХРАНИТЬ</Trans>
          </Button>
        </Stack>
      </form>
    </Dialog>
  );
}
