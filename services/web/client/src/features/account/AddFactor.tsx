/** The ways of a second factor that the user does not have yet; each is set up in a dialog. */
import { useLingui } from "@lingui/react/macro";
import { Button, Group, Stack } from "@mantine/core";
import { IconPlus } from "@tabler/icons-react";
import { useState } from "react";
import { dataOf, fetchClient } from "../../shared/api/client";
import type { Enrolment, Factor } from "../../shared/api/types";
import { useFormat } from "../../shared/i18n/useFormat";
import { passkeysWork } from "../../shared/security/passkeys";
import { Refusal } from "../../shared/security/Refusal";
import { useConfirmedMutation } from "../../shared/security/StepUp";
import { READER_ZONE } from "../../shared/time/zone";
import { EnrolmentDialog } from "./EnrolmentDialog";
import { RecoveryCodesDialog } from "./RecoveryCodesDialog";
import { useKindName } from "./useKindName";

type Kind = Factor["kind"];
const MAX_PASSKEYS = 10;

/** `onAdded` is called when the recovery codes, which come with the first factor, are put away. */
export function AddFactor({ factors, onAdded }: { factors: Factor[]; onAdded: () => unknown }) {
  const { t } = useLingui();
  const format = useFormat();
  const kindName = useKindName();
  const [enrolment, setEnrolment] = useState<Enrolment | null>(null);
  const [codes, setCodes] = useState<string[] | null>(null);
  const begin = useConfirmedMutation(
    (kind: Kind) => {
      const name =
        kind === "passkey" ? t`Ключ доступа от ${format.date(Date.now(), READER_ZONE)}` : kindName(kind);
      return fetchClient.POST("/api/v1/me/factors", { body: { kind, name, phone: null } }).then(dataOf);
    },
    { onSuccess: setEnrolment },
  );
  const count = (kind: Kind) => factors.filter((factor) => factor.kind === kind).length;
  const offers: [Kind, boolean, string][] = [
    ["totp", count("totp") === 0, t`ПРИЛОЖЕНИЕ С КОДАМИ`],
    ["sms", count("sms") === 0, t`КОД ПО СМС`],
    ["passkey", passkeysWork() && count("passkey") < MAX_PASSKEYS, t`КЛЮЧ ДОСТУПА`],
  ];
  return (
    <Stack gap="sm" mt="sm">
      <Refusal error={begin.error} />
      <Group gap="sm">
        {offers.map(([kind, offered, label]) =>
          offered ? (
            <Button
              key={kind}
              variant="light"
              size="sm"
              leftSection={<IconPlus size={16} aria-hidden />}
              aria-label={t`Подключить: ${kindName(kind)}`}
              loading={begin.isPending && begin.variables === kind}
              onClick={() => begin.mutate(kind)}
            >
              {label}
            </Button>
          ) : null,
        )}
      </Group>
      {enrolment === null ? null : (
        <EnrolmentDialog
          enrolment={enrolment}
          onClose={() => setEnrolment(null)}
          onDone={(made) => {
            setEnrolment(null);
            setCodes(made);
            if (made === null) onAdded();
          }}
        />
      )}
      {codes === null ? null : (
        <RecoveryCodesDialog
          codes={codes}
          onClose={() => {
            setCodes(null);
            onAdded();
          }}
        />
      )}
    </Stack>
  );
}
