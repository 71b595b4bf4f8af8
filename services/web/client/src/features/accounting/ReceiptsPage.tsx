/** What billing answered to each day's newest revision, the longest unanswered first; the way to send it again. */
import "./accounting.css";
import { Plural, Trans, useLingui } from "@lingui/react/macro";
import { Badge, NativeSelect } from "@mantine/core";
import { useNavigate, useSearch } from "@tanstack/react-router";
import type { Settlement } from "../../shared/api/types";
import { useFormat } from "../../shared/i18n/useFormat";
import { PORTAL_ZONE } from "../../shared/time/zone";
import { RecordsAsOf } from "../../shared/ui/AsOf";
import { Block } from "../../shared/ui/Block";
import { TextLink } from "../../shared/ui/links";
import { PageTitle } from "../../shared/ui/PageTitle";
import rows from "../../shared/ui/rows.module.css";
import { Empty, MoreButton, QueryBlock } from "../../shared/ui/states";
import classes from "./accounting.module.css";
import { useReceipts } from "./lists";
import type { ReceiptState } from "./search";

const HOUR_SECONDS = 3600;

export function ReceiptsPage() {
  const { t } = useLingui();
  const { state = "open" } = useSearch({ from: "/signed-in/operator/receipts" });
  const navigate = useNavigate({ from: "/operator/receipts" });
  const query = useReceipts(state);
  return (
    <>
      <PageTitle title={t`Ответы расчётной системы`} />
      <Block
        title={t`Сутки и ответы на них`}
        action={
          <TextLink to="/operator/replays" size="sm">
            <Trans>Отправить сутки ещё раз</Trans>
          </TextLink>
        }
      >
        <div className={classes.bar}>
          <NativeSelect
            label={t`Состояние`}
            value={state}
            onChange={({ currentTarget: { value } }) =>
              void navigate({ search: { state: value as ReceiptState }, replace: true })
            }
            data={[
              { value: "open", label: t`Ждут ответа или не сошлись` },
              { value: "confirmed", label: t`Подтверждены` },
              { value: "used", label: t`Вошли в расчёт` },
            ]}
          />
        </div>
        <QueryBlock
          query={query}
          height={280}
          isEmpty={(items) => items.length === 0}
          empty={<Empty title={state === "open" ? t`На все сутки есть ответ` : t`Таких суток нет`} />}
        >
          {(items) => (
            <ul className={rows.list}>
              {items.map((one) => (
                <ReceiptRow key={`${one.point_id} ${one.day}`} settlement={one} />
              ))}
            </ul>
          )}
        </QueryBlock>
        <MoreButton query={query} />
        <RecordsAsOf at={query.asOf} zone={PORTAL_ZONE} />
      </Block>
    </>
  );
}

function ReceiptRow({ settlement }: { settlement: Settlement }) {
  const { t } = useLingui();
  const format = useFormat();
  const states: Record<string, { word: string; color: string }> = {
    awaited: { word: t`ЖДЁТ ОТВЕТА`, color: "orange" },
    confirmed: { word: t`ПОДТВЕРЖДЕНО`, color: "green" },
    wrong_digest: { word: t`ДРУГИЕ ЗНАЧЕНИЯ`, color: "red" },
  };
  const state = states[settlement.state] ?? { word: settlement.state, color: "gray" };
  const hours = Math.floor(settlement.age_seconds / HOUR_SECONDS);
  return (
    <li className={rows.row}>
      <div>
        <div className={rows.name}>
          {settlement.point_number} · {format.day(settlement.day)}
        </div>
        <div className={rows.dim}>
          <Trans>ревизия {settlement.revision}</Trans>
          {", "}
          <Plural
            value={hours}
            _0="закрыты меньше часа назад"
            one="закрыты # час назад"
            few="закрыты # часа назад"
            many="закрыты # часов назад"
            other="закрыты # часа назад"
          />
          {settlement.lands_in_period === null ? null : (
            <Trans>, для расчёта за {format.month(settlement.lands_in_period)}</Trans>
          )}
          {settlement.used_in_period === null ? null : (
            <Trans>, вошло в расчёт за {format.month(settlement.used_in_period)}</Trans>
          )}
        </div>
        {settlement.state === "wrong_digest" ? (
          <div className={classes.digests}>
            <Trans>
              отправлено {settlement.digest}, получено {settlement.received_digest ?? "–"}
            </Trans>
          </div>
        ) : null}
      </div>
      <Badge color={state.color} variant="light" {...(state.color === "orange" ? { c: "#7a4300" } : {})}>
        {state.word}
      </Badge>
    </li>
  );
}
