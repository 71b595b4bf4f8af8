/** Gives new passwords to contracts, after saying who loses access by it. */
import { Plural, Trans, useLingui } from "@lingui/react/macro";
import { Alert, Stack, Text } from "@mantine/core";
import { dataOf, fetchClient } from "../../shared/api/client";
import { ProblemError } from "../../shared/api/problem";
import type { CredentialSheet, OperatorContract } from "../../shared/api/types";
import { ConfirmDialog } from "../../shared/dialog/ConfirmDialog";
import { Refusal } from "../../shared/security/Refusal";
import { useConfirmedMutation } from "../../shared/security/StepUp";
import { useRefreshContracts } from "./queries";
import { useOperatorText } from "./useOperatorText";

export function IssueDialog(props: {
  contracts: readonly OperatorContract[];
  onIssued: (sheet: CredentialSheet) => void;
  onClose: () => void;
}) {
  const { contracts, onIssued, onClose } = props;
  const { t } = useLingui();
  const operatorText = useOperatorText();
  const refresh = useRefreshContracts();
  const issue = useConfirmedMutation(
    async (_: null) => {
      const body = { contract_ids: contracts.map(({ id }) => id) };
      return sheetOf(dataOf(await fetchClient.POST("/api/v1/operator/credential-sheets", { body })));
    },
    {
      // The passwords are for the page that shows them, and for no cache.
      gcTime: 0,
      onSuccess: async (sheet) => {
        onIssued(sheet);
        await refresh();
      },
    },
  );
  const replaced = contracts.filter((contract) => contract.has_password).length;
  const users = contracts.reduce((sum, contract) => sum + contract.users, 0);
  const textOf = (code: string) =>
    code === "network"
      ? t`Ответ сервера не дошёл. Пароли могли смениться: выдайте их ещё раз.`
      : operatorText(code);
  return (
    <ConfirmDialog
      title={t`Выдать новые пароли?`}
      action={<Trans>ВЫДАТЬ</Trans>}
      busy={issue.isPending}
      onConfirm={() => issue.mutate(null)}
      onClose={onClose}
    >
      <Stack gap="sm">
        <Refusal error={issue.error} textOf={textOf} />
        <Text>
          <Plural
            value={contracts.length}
            one="Новый пароль получит # договор. Он будет показан один раз."
            few="Новые пароли получат # договора. Они будут показаны один раз."
            many="Новые пароли получат # договоров. Они будут показаны один раз."
            other="Новые пароли получат # договора. Они будут показаны один раз."
          />
        </Text>
        {replaced === 0 ? null : (
          <Alert color="red" variant="light">
            <strong>
              <Trans>Прежние пароли перестанут действовать.</Trans>
            </strong>{" "}
            {users === 0 ? (
              <Trans>По ним договоры пока никто не добавил.</Trans>
            ) : (
              <Plural
                value={users}
                one="Привязки отзываются: # человек потеряет доступ, пока не введёт новый пароль."
                few="Привязки отзываются: # человека потеряют доступ, пока не введут новый пароль."
                many="Привязки отзываются: # человек потеряют доступ, пока не введут новый пароль."
                other="Привязки отзываются: # человека потеряют доступ, пока не введут новый пароль."
              />
            )}
          </Alert>
        )}
      </Stack>
    </ConfirmDialog>
  );
}

/** The call can also answer with a page of HTML, to those who ask for one. */
function sheetOf(answer: CredentialSheet | string): CredentialSheet {
  if (typeof answer === "string") throw new ProblemError({ status: 0, code: "unexpected" });
  return answer;
}
