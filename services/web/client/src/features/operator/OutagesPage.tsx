/** Planned outages: announce one after seeing whom it concerns, and what has been announced, to be called off. */
import { Trans, useLingui } from "@lingui/react/macro";
import { Badge, Button } from "@mantine/core";
import { useState } from "react";
import { api } from "../../shared/api/client";
import type { AnnouncedOutage } from "../../shared/api/types";
import { ConfirmDialog } from "../../shared/dialog/ConfirmDialog";
import { useFormat } from "../../shared/i18n/useFormat";
import { Refusal } from "../../shared/security/Refusal";
import { PORTAL_ZONE } from "../../shared/time/zone";
import { Block } from "../../shared/ui/Block";
import { PageTitle } from "../../shared/ui/PageTitle";
import rows from "../../shared/ui/rows.module.css";
import { Empty, MoreButton, QueryBlock } from "../../shared/ui/states";
import { OutageForm } from "./OutageForm";
import classes from "./operator.module.css";
import { useAnnouncedOutages, useRefreshOutages } from "./queries";
import { useOperatorText } from "./useOperatorText";

export function OutagesPage() {
  const { t } = useLingui();
  const outages = useAnnouncedOutages();
  return (
    <>
      <PageTitle title={t`Плановые отключения`} />
      <div className={classes.column}>
        <Block title={t`Объявить отключение`}>
          <OutageForm />
        </Block>
        <Block title={t`Объявленные`}>
          <QueryBlock
            query={outages}
            height={160}
            isEmpty={(items) => items.length === 0}
            empty={<Empty title={t`Отключений ещё не объявляли`} />}
          >
            {(items) => (
              <>
                <ul className={rows.list}>
                  {items.map((outage) => (
                    <OutageRow key={outage.id} outage={outage} nowMs={Date.now()} />
                  ))}
                </ul>
                <MoreButton query={outages} />
              </>
            )}
          </QueryBlock>
        </Block>
      </div>
    </>
  );
}

function OutageRow({ outage, nowMs }: { outage: AnnouncedOutage; nowMs: number }) {
  const [asks, setAsks] = useState(false);
  const format = useFormat();
  const scopeText = useScopeText();
  const zone = outage.time_zone ?? PORTAL_ZONE;
  const isOver = Date.parse(outage.ends_at) <= nowMs;
  return (
    <li className={rows.row}>
      <div>
        <div className={rows.name}>
          {format.span(outage.starts_at, outage.ends_at, zone)}
          {outage.cancelled ? (
            <Badge color="gray" variant="light">
              <Trans>ОТМЕНЕНО</Trans>
            </Badge>
          ) : isOver ? (
            <Badge color="gray" variant="light">
              <Trans>ПРОШЛО</Trans>
            </Badge>
          ) : null}
        </div>
        <div>{outage.reason}</div>
        <div className={rows.dim}>
          {scopeText(outage)}. <Trans>Время: {zone}</Trans>
        </div>
      </div>
      {outage.cancelled || isOver ? null : (
        <Button variant="default" size="xs" onClick={() => setAsks(true)}>
          <Trans>ОТМЕНИТЬ</Trans>
        </Button>
      )}
      {asks ? <CallOffDialog outage={outage} onClose={() => setAsks(false)} /> : null}
    </li>
  );
}

function CallOffDialog({ outage, onClose }: { outage: AnnouncedOutage; onClose: () => void }) {
  const { t } = useLingui();
  const textOf = useOperatorText();
  const refresh = useRefreshOutages();
  const callOff = api.useMutation("delete", "/api/v1/operator/planned-outages/{outage_id}");
  const confirm = () =>
    callOff.mutate(
      { params: { path: { outage_id: outage.id } } },
      {
        onSuccess: async () => {
          await refresh();
          onClose();
        },
      },
    );
  return (
    <ConfirmDialog
      title={t`Отменить отключение?`}
      action={<Trans>ОТМЕНИТЬ ОТКЛЮЧЕНИЕ</Trans>}
      busy={callOff.isPending}
      onConfirm={confirm}
      onClose={onClose}
    >
      <Refusal error={callOff.error} textOf={textOf} />
      <p className={classes.dim}>
        <Trans>Всем, кого оно касалось, придёт уведомление, что работ не будет.</Trans>
      </p>
    </ConfirmDialog>
  );
}

function useScopeText(): (outage: AnnouncedOutage) => string {
  const { t } = useLingui();
  return ({ contract_number: contract, point_numbers: points, address }) =>
    [
      contract === null ? null : t`договор ${contract}`,
      points.length === 0 ? null : t`точки ${points.join(", ")}`,
      address,
    ]
      .filter((part) => part !== null)
      .join("; ");
}
