/** Confirms questioned half hours as they were measured. */
import { Plural, Trans, useLingui } from "@lingui/react/macro";
import { Text } from "@mantine/core";
import { useState } from "react";
import { api } from "../../shared/api/client";
import type { Edit, PointVerdict } from "../../shared/api/types";
import { useIdempotencyKey } from "../../shared/api/useIdempotencyKey";
import { Dialog } from "../../shared/dialog/Dialog";
import { useFormat } from "../../shared/i18n/useFormat";
import { DecisionForm } from "./DecisionForm";
import { GroundsFields, NO_GROUNDS, sentGrounds } from "./GroundsFields";
import { useRefreshDecisions } from "./lists";
import { useVerdictWords } from "./useVerdictWords";

export function AcceptDialog(props: {
  verdict: PointVerdict;
  onDone: (edit: Edit) => void;
  onClose: () => void;
}) {
  const { verdict, onDone, onClose } = props;
  const { t } = useLingui();
  const format = useFormat();
  const words = useVerdictWords();
  const refresh = useRefreshDecisions();
  const idempotencyKey = useIdempotencyKey();
  const [grounds, setGrounds] = useState(NO_GROUNDS);
  const [fault, setFault] = useState<string | null>(null);
  const accept = api.useMutation("post", "/api/v1/operator/points/{point_id}/acceptances");
  const submit = () => {
    const sent = sentGrounds(grounds);
    if (sent === null) {
      setFault(t`Напишите причину`);
      return;
    }
    accept.mutate(
      {
        params: {
          path: { point_id: verdict.point_id },
          header: { "Idempotency-Key": idempotencyKey.current() },
        },
        body: { starts: verdict.slots, ...sent },
      },
      {
        onSuccess: async (edit) => {
          onDone(edit);
          await refresh();
        },
      },
    );
  };
  return (
    <Dialog title={t`Подтвердить значения?`} onClose={onClose}>
      <DecisionForm decision={accept} label={<Trans>ПОДТВЕРДИТЬ</Trans>} onSubmit={submit} onClose={onClose}>
        <Text>
          {verdict.point_name}, {format.day(verdict.day)}. {words.rule(verdict)}: {words.found(verdict)}.
        </Text>
        <Text>
          <Plural
            value={verdict.slots.length}
            one="# получас останется таким, как измерен."
            few="# получаса останутся такими, как измерены."
            many="# получасов останутся такими, как измерены."
            other="# получаса останутся такими, как измерены."
          />
        </Text>
        <GroundsFields
          value={grounds}
          error={fault}
          onChange={(value) => {
            idempotencyKey.spent();
            setFault(null);
            setGrounds(value);
          }}
        />
      </DecisionForm>
    </Dialog>
  );
}
