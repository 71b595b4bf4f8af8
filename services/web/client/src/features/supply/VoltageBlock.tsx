/** Time outside of the voltage limits by phase; beside it, of the same answer, the outages of the month. */
import { Trans, useLingui } from "@lingui/react/macro";
import { api } from "../../shared/api/client";
import type { PowerQuality } from "../../shared/api/types";
import { useFormat } from "../../shared/i18n/useFormat";
import type { Day } from "../../shared/time/zone";
import { Block } from "../../shared/ui/Block";
import sheet from "../../shared/ui/sheet.module.css";
import { Empty, QueryBlock } from "../../shared/ui/states";
import { minutes } from "./minutes";
import { Outages } from "./Outages";
import classes from "./SupplyTab.module.css";

export function VoltageBlock({ pointId, start, end }: { pointId: string; start: Day; end: Day }) {
  const { t } = useLingui();
  const params = { path: { point_id: pointId }, query: { start, end } };
  const query = api.useQuery("get", "/api/v1/points/{point_id}/power-quality", { params });
  const unread = (
    <Empty title={t`За этот месяц журналы ещё не прочитаны`} hint={t`Выберите более ранний месяц.`} />
  );
  return (
    <>
      <Block title={t`Напряжение вне пределов`}>
        <QueryBlock query={query} height={160} isEmpty={isUnread} empty={unread}>
          {(answer) => <Phases answer={answer} />}
        </QueryBlock>
      </Block>
      <Block title={t`Отключения`}>
        <QueryBlock query={query} height={120}>
          {(answer) => <Outages answer={answer} unread={isUnread(answer) ? unread : null} />}
        </QueryBlock>
      </Block>
    </>
  );
}

/** Of what was not read nothing is known: neither good voltage nor the absence of outages. */
function isUnread({ as_of: asOf, observed_seconds: observed }: PowerQuality): boolean {
  return asOf === null || observed === 0;
}

function Phases({ answer }: { answer: PowerQuality }) {
  const format = useFormat();
  const pair = (below: number, above: number) =>
    `${format.number(minutes(below))} / ${format.number(minutes(above))}`;
  const { low_v: low, high_v: high, as_of: asOf, time_zone: zone } = answer;
  return (
    <>
      <p className={sheet.note}>
        <Trans>
          Норма 230 В ± 10 %: от {low} до {high} В. Прибор отмечает выход за пределы, которые заданы в нём.
        </Trans>
      </p>
      <Limits answer={answer} />
      <table className={sheet.table}>
        <thead>
          <tr>
            <th scope="col">
              <Trans>Фаза</Trans>
            </th>
            <th scope="col">
              <Trans>Минут вне пределов</Trans>
            </th>
            <th scope="col">
              <Trans>Доля времени</Trans>
            </th>
            <th scope="col">
              <Trans>Ниже / выше, минут</Trans>
            </th>
          </tr>
        </thead>
        <tbody>
          {answer.phases.map((phase) => (
            <tr key={phase.phase}>
              <th scope="row">{phase.phase}</th>
              <td>{format.number(phase.outside_minutes)}</td>
              <td>{phase.share === null ? "–" : `${format.number(phase.share * 100, 2)} %`}</td>
              <td>
                <div>
                  <Trans>
                    нормально допустимого: {pair(phase.below_normal_seconds, phase.above_normal_seconds)}
                  </Trans>
                </div>
                <div>
                  <Trans>
                    предельно допустимого: {pair(phase.below_limit_seconds, phase.above_limit_seconds)}
                  </Trans>
                </div>
                {phase.open_entries === 0 ? null : (
                  <div className={classes.dim}>
                    <Trans>ещё не вернулось в пределы</Trans>
                  </div>
                )}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {asOf === null ? null : (
        <p className={sheet.note}>
          <Trans>Журналы прочитаны {format.dateTime(asOf, zone)}</Trans>
        </p>
      )}
    </>
  );
}

/** What the entries of the meter go by; not said where the meter does not tell. */
function Limits({ answer: { meter_limits: limits, time_zone: zone } }: { answer: PowerQuality }) {
  const format = useFormat();
  if (limits === null) return null;
  const volts = (millivolts: number) => format.number(millivolts / 1000, 0);
  return (
    <p className={sheet.note}>
      <Trans>
        В приборе заданы: нормально допустимые {volts(limits.below_normal_mv)}–{volts(limits.above_normal_mv)}{" "}
        В, предельно допустимые {volts(limits.below_limit_mv)}–{volts(limits.above_limit_mv)} В. Прочитаны{" "}
        {format.dateTime(limits.read_at, zone)}.
      </Trans>
    </p>
  );
}
