/** Takes an own correction back before it is decided, or puts back what stood before one that is written. */
import { Trans, useLingui } from "@lingui/react/macro";
import { Text, Textarea } from "@mantine/core";
import { useState } from "react";
import { api } from "../../shared/api/client";
import type { Edit, EditSummary } from "../../shared/api/types";
import { useIdempotencyKey } from "../../shared/api/useIdempotencyKey";
import { Dialog } from "../../shared/dialog/Dialog";
import { DecisionForm } from "./DecisionForm";
import { useRefreshDecisions } from "./lists";

export function WithdrawDialog(props: {
  edit: EditSummary;
  onDone: (edit: Edit) => void;
  onClose: () => void;
}) {
  const { edit, onDone, onClose } = props;
  const { t } = useLingui();
  const refresh = useRefreshDecisions();
  const idempotencyKey = useIdempotencyKey();
  const [reason, setReason] = useState("");
  const [fault, setFault] = useState<string | null>(null);
  const withdraw = api.useMutation("post", "/api/v1/operator/edits/{edit_id}/withdraw");
  const waits = edit.state === "pending";
  const submit = () => {
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
      <DecisionForm
        decision={withdraw}
        label={waits ? <Trans>ОТОЗВАТЬ ИСПРАВЛЕНИЕ</Trans> : <Trans>ВЕРНУТЬ</Trans>}
        onSubmit={submit}
        onClose={onClose}
      >
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
      </DecisionForm>
    </Dialog>
  );
}
