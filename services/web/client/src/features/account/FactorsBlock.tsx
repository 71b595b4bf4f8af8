/** «Двухфакторная аутентификация»: what is set up, adding and removing, the recovery codes. */
import { Plural, Trans, useLingui } from "@lingui/react/macro";
import { Button, Text } from "@mantine/core";
import { useState } from "react";
import { dataOf, fetchClient } from "../../shared/api/client";
import { isStaff } from "../../shared/api/roles";
import { renewSession, sessionUser } from "../../shared/api/session";
import type { Factor } from "../../shared/api/types";
import { ConfirmDialog } from "../../shared/dialog/ConfirmDialog";
import { useFormat } from "../../shared/i18n/useFormat";
import { Refusal } from "../../shared/security/Refusal";
import { useConfirmedMutation } from "../../shared/security/StepUp";
import { READER_ZONE } from "../../shared/time/zone";
import { Block } from "../../shared/ui/Block";
import rows from "../../shared/ui/rows.module.css";
import { QueryBlock } from "../../shared/ui/states";
import { AddFactor } from "./AddFactor";
import { useFactors, useRefreshAccount } from "./queries";
import { RecoveryCodesDialog } from "./RecoveryCodesDialog";
import { useKindName } from "./useKindName";

export function FactorsBlock() {
  const { t } = useLingui();
  const factors = useFactors();
  const refresh = useRefreshAccount();
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
                <FactorRow key={factor.id} factor={factor} isLast={items.length === 1} />
              ))}
            </ul>
            {items.length === 0 ? null : <RecoveryCodes left={codesLeft} />}
            <AddFactor factors={items} onAdded={refresh} />
          </>
        )}
      </QueryBlock>
    </Block>
  );
}

function FactorRow({ factor, isLast }: { factor: Factor; isLast: boolean }) {
  const { t } = useLingui();
  const format = useFormat();
  const kindName = useKindName();
  const refresh = useRefreshAccount();
  const [asking, setAsking] = useState(false);
  const bars = isLast && isStaff(sessionUser());
  const remove = useConfirmedMutation(
    (id: string) =>
      fetchClient.DELETE("/api/v1/me/factors/{factor_id}", { params: { path: { factor_id: id } } }),
    {
      onSuccess: async () => {
        await refresh();
        if (bars) await renewSession();
      },
    },
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
            <Trans>{name}: вход этим способом прекратится, остальные сеансы завершатся.</Trans>{" "}
            {bars ? (
              <Trans>
                Сотрудники поставщика работают со вторым фактором: сразу понадобится подключить новый.
              </Trans>
            ) : null}
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
