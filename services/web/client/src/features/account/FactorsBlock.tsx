/** «Двухфакторная аутентификация»: what is set up, adding and removing, the recovery codes. */
import { Plural, Trans, useLingui } from "@lingui/react/macro";
import { Button, Group, Stack, Text } from "@mantine/core";
import { IconPlus } from "@tabler/icons-react";
import { useState } from "react";
import { dataOf, fetchClient } from "../../shared/api/client";
import type { Enrolment, Factor } from "../../shared/api/types";
import { ConfirmDialog } from "../../shared/dialog/ConfirmDialog";
import { useFormat } from "../../shared/i18n/useFormat";
import { passkeysWork } from "../../shared/security/passkeys";
import { Refusal } from "../../shared/security/Refusal";
import { READER_ZONE } from "../../shared/time/zone";
import { Block } from "../../shared/ui/Block";
import rows from "../../shared/ui/rows.module.css";
import { QueryBlock } from "../../shared/ui/states";
import { EnrolmentDialog } from "./EnrolmentDialog";
import { useFactors, useRefreshAccount } from "./queries";
import { RecoveryCodesDialog } from "./RecoveryCodesDialog";
import { useConfirmedMutation } from "./StepUp";

type Kind = Factor["kind"];
const MAX_PASSKEYS = 10;

export function FactorsBlock() {
  const { t } = useLingui();
  const factors = useFactors();
  return (
    <Block title={t`Двухфакторная аутентификация`}>
      <Text size="sm" c="dimmed" mb="sm">
        <Trans>
          После пароля кабинет спросит ещё одно подтверждение: при входе и перед изменением пароля, E-mail и
          этих настроек.
        </Trans>
      </Text>
      <QueryBlock query={factors} height={160}>
        {({ items, recovery_codes_left: codesLeft }) => (
          <>
            <ul className={rows.list}>
              {items.map((factor) => (
                <FactorRow key={factor.id} factor={factor} />
              ))}
            </ul>
            {items.length === 0 ? null : <RecoveryCodes left={codesLeft} />}
            <AddFactor factors={items} />
          </>
        )}
      </QueryBlock>
    </Block>
  );
}

function useKindName(): (kind: Kind) => string {
  const { t } = useLingui();
  return (kind) => ({ totp: t`Приложение с кодами`, sms: t`Код по СМС`, passkey: t`Ключ доступа` })[kind];
}

function FactorRow({ factor }: { factor: Factor }) {
  const { t } = useLingui();
  const format = useFormat();
  const kindName = useKindName();
  const refresh = useRefreshAccount();
  const [asking, setAsking] = useState(false);
  const remove = useConfirmedMutation(
    (id: string) =>
      fetchClient.DELETE("/api/v1/me/factors/{factor_id}", { params: { path: { factor_id: id } } }),
    { onSuccess: refresh },
  );
  const name = kindName(factor.kind);
  return (
    <li className={rows.row}>
      <div>
        <div className={rows.name}>
          {name}
          {factor.phone_hint === null ? null : <span className={rows.dim}>{factor.phone_hint}</span>}
        </div>
        <div className={rows.dim}>
          <Trans>подключён {format.dateTime(factor.created_at, READER_ZONE)}</Trans>
          {factor.last_used_at === null ? null : (
            <Trans>, последний раз {format.dateTime(factor.last_used_at, READER_ZONE)}</Trans>
          )}
        </div>
        <Refusal error={remove.error} />
      </div>
      <Button
        variant="default"
        size="sm"
        loading={remove.isPending}
        aria-label={t`Отключить: ${name}`}
        onClick={() => setAsking(true)}
      >
        <Trans>Отключить</Trans>
      </Button>
      {asking ? (
        <ConfirmDialog
          title={t`Отключить второй фактор?`}
          action={<Trans>ОТКЛЮЧИТЬ</Trans>}
          busy={false}
          onConfirm={() => {
            setAsking(false);
            remove.mutate(factor.id);
          }}
          onClose={() => setAsking(false)}
        >
          <Text>
            <Trans>{name}: вход этим способом прекратится, остальные сеансы завершатся.</Trans>
          </Text>
        </ConfirmDialog>
      ) : null}
    </li>
  );
}

function RecoveryCodes({ left }: { left: number }) {
  const refresh = useRefreshAccount();
  const [codes, setCodes] = useState<string[] | null>(null);
  const make = useConfirmedMutation((_: null) => fetchClient.POST("/api/v1/me/recovery-codes").then(dataOf), {
    onSuccess: async ({ recovery_codes }) => {
      setCodes(recovery_codes);
      await refresh();
    },
  });
  return (
    <div className={rows.row}>
      <div>
        <div className={rows.name}>
          <Trans>Резервные коды</Trans>
        </div>
        <div className={rows.dim}>
          <Plural
            value={left}
            one="остался # код"
            few="осталось # кода"
            many="осталось # кодов"
            other="осталось # кода"
          />
        </div>
        <Refusal error={make.error} />
      </div>
      <Button variant="default" size="sm" loading={make.isPending} onClick={() => make.mutate(null)}>
        <Trans>Создать новые</Trans>
      </Button>
      {codes === null ? null : <RecoveryCodesDialog codes={codes} onClose={() => setCodes(null)} />}
    </div>
  );
}

function AddFactor({ factors }: { factors: Factor[] }) {
  const { t } = useLingui();
  const format = useFormat();
  const kindName = useKindName();
  const refresh = useRefreshAccount();
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
            void refresh();
          }}
        />
      )}
      {codes === null ? null : <RecoveryCodesDialog codes={codes} onClose={() => setCodes(null)} />}
    </Stack>
  );
}
