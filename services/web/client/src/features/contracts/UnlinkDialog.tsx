/** Takes a contract out of the user's list, after one more question: linking it again wants the supplier's password. */
import { Trans, useLingui } from "@lingui/react/macro";
import { Text } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useNavigate, useParams } from "@tanstack/react-router";
import { api } from "../../shared/api/client";
import type { Contract } from "../../shared/api/types";
import { ConfirmDialog } from "../../shared/dialog/ConfirmDialog";
import { Refusal } from "../../shared/security/Refusal";

export function UnlinkDialog({ contract, onClose }: { contract: Contract; onClose: () => void }) {
  const { t } = useLingui();
  const queryClient = useQueryClient();
  const navigate = useNavigate();
  const { contractId } = useParams({ strict: false });
  const unlink = api.useMutation("delete", "/api/v1/contracts/{contract_id}");
  const confirm = () =>
    unlink.mutate(
      { params: { path: { contract_id: contract.id } } },
      {
        onSuccess: async () => {
          // The list first: the start page leads to its first contract.
          await queryClient.invalidateQueries({ queryKey: ["get", "/api/v1/contracts"] });
          if (contractId === contract.id) await navigate({ to: "/" });
          onClose();
        },
      },
    );
  return (
    <ConfirmDialog
      title={t`Отвязать договор?`}
      action={<Trans>ОТВЯЗАТЬ</Trans>}
      busy={unlink.isPending}
      onConfirm={confirm}
      onClose={onClose}
    >
      <Refusal error={unlink.error} />
      <Text>
        <Trans>
          «{contract.name}», № {contract.number}: данные исчезнут из вашего кабинета, а выданный вами доступ
          прекратится. Чтобы добавить договор снова, понадобятся логин и пароль поставщика.
        </Trans>
      </Text>
    </ConfirmDialog>
  );
}
