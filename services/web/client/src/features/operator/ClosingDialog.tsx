/** Closes a contract or opens it again, after one more question. */
import { Trans, useLingui } from "@lingui/react/macro";
import { Stack, Text } from "@mantine/core";
import { api } from "../../shared/api/client";
import type { OperatorContract } from "../../shared/api/types";
import { ConfirmDialog } from "../../shared/dialog/ConfirmDialog";
import { Refusal } from "../../shared/security/Refusal";
import { useRefreshContracts } from "./queries";

export function ClosingDialog({ contract, onClose }: { contract: OperatorContract; onClose: () => void }) {
  const { t } = useLingui();
  const refresh = useRefreshContracts();
  const change = api.useMutation("patch", "/api/v1/operator/contracts/{contract_id}");
  const { id, number, closed } = contract;
  const confirm = () =>
    change.mutate(
      { params: { path: { contract_id: id } }, body: { closed: !closed } },
      {
        onSuccess: async () => {
          await refresh();
          onClose();
        },
      },
    );
  return (
    <ConfirmDialog
      title={closed ? t`Открыть договор снова?` : t`Закрыть договор?`}
      action={closed ? <Trans>ОТКРЫТЬ</Trans> : <Trans>ЗАКРЫТЬ</Trans>}
      busy={change.isPending}
      onConfirm={confirm}
      onClose={onClose}
    >
      <Stack gap="sm">
        <Refusal error={change.error} />
        <Text>
          {closed ? (
            <Trans>Договор № {number} можно будет снова добавить по его логину и паролю.</Trans>
          ) : (
            <Trans>Договор № {number} нельзя будет добавить, и пароль для него не выдаётся.</Trans>
          )}
        </Text>
      </Stack>
    </ConfirmDialog>
  );
}
