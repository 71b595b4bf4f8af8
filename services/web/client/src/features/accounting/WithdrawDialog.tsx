/** Takes an own correction back before it is decided, or puts back what stood before one that is written. */
import { Trans, useLingui } from "@lingui/react/macro";
import { Button, Group, Stack, Text, Textarea } from "@mantine/core";
import { type FormEvent, useState } from "react";
import { api } from "../../shared/api/client";
import type { Edit, EditSummary } from "../../shared/api/types";
import { useIdempotencyKey } from "../../shared/api/useIdempotencyKey";
import { Dialog } from "../../shared/dialog/Dialog";
import { Refusal } from "../../shared/security/Refusal";
import { useRefreshDecisions } from "./lists";
import { useAccountingText } from "./useAccountingText";

export function WithdrawDialog(props: {
  edit: EditSummary;
  onDone: (edit: Edit) => void;
  onClose: () => void;
}) {
  const { edit, onDone, onClose } = props;
  const { t } = useLingui();
  const textOf = useAccountingText();
  const refresh = useRefreshDecisions();
  const idempotencyKey = useIdempotencyKey();
  const [reason, setReason] = useState("");
  const [fault, setFault] = useState<string | null>(null);
  const withdraw = api.useMutation("post", "/api/v1/operator/edits/{edit_id}/withdraw");
  const waits = edit.state === "pending";
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (reason.trim() === "") {
      setFault(t`Напишите причину`);
      return;
    }
    const header = { "Idempotency-Key": idempotencyKey.current() };
    withdraw.mutate(
      { params: { path: { edit_id: edit.id }, header }, body: { reason: reason.trim() } },
      {
        onSuccess: async (made) => {
          onDone(made);
          await refresh();
        },
      },
    );
  };
  return (
    <Dialog title={waits ? t`Отозвать исправление?` : t`Вернуть прежние значения?`} onClose={onClose}>
      <form onSubmit={submit} noValidate>
        <Stack gap="md">
          <Refusal error={withdraw.error} textOf={textOf} />
          <Text>
            {waits ? (
              <Trans>Значения останутся прежними. Исправление можно внести заново.</Trans>
            ) : (
              <Trans>
                Это новое исправление: большое подтвердит второй сотрудник, оба останутся в истории.
              </Trans>
            )}
          </Text>
          <Textarea
            label={t`Причина`}
            required
            maxLength={1000}
            rows={3}
            error={fault}
            value={reason}
            onChange={({ currentTarget }) => {
              idempotencyKey.spent();
              setFault(null);
              setReason(currentTarget.value);
            }}
          />
          <Group gap="sm">
            <Button type="submit" loading={withdraw.isPending}>
              {waits ? <Trans>ОТОЗВАТЬ ИСПРАВЛЕНИЕ</Trans> : <Trans>ВЕРНУТЬ</Trans>}
            </Button>
            <Button variant="default" onClick={onClose}>
              <Trans>ОТМЕНА</Trans>
            </Button>
          </Group>
        </Stack>
      </form>
    </Dialog>
  );
}
