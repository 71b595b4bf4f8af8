/** How complete the supplier's days are, and on which points half hours are missing. */
import "./accounting.css";
import { Trans, useLingui } from "@lingui/react/macro";
import { useSearch } from "@tanstack/react-router";
import type { DayCompleteness } from "../../shared/api/types";
import { useFormat } from "../../shared/i18n/useFormat";
import { addDays, type Day, localDay, PORTAL_ZONE } from "../../shared/time/zone";
import { RecordsAsOf } from "../../shared/ui/AsOf";
import { Block } from "../../shared/ui/Block";
import { TextLink } from "../../shared/ui/links";
import { PageTitle } from "../../shared/ui/PageTitle";
import rows from "../../shared/ui/rows.module.css";
import sheet from "../../shared/ui/sheet.module.css";
import { Empty, MoreButton, QueryBlock } from "../../shared/ui/states";
import classes from "./accounting.module.css";
import { HalfHours } from "./HalfHours";
import { useCompleteness, useCompletenessOfPoints } from "./lists";

const DAYS_SHOWN = 31;

export function CompletenessPage() {
  const { t } = useLingui();
  const { day } = useSearch({ from: "/signed-in/operator/completeness" });
  const today = localDay(Date.now(), PORTAL_ZONE);
  const query = useCompleteness({ start: addDays(today, 1 - DAYS_SHOWN), end: addDays(today, 1) });
  return (
    <>
      <PageTitle title={t`Полнота данных`} />
      <div className={classes.column}>
        {day === undefined ? null : <PointsOfDay day={day} />}
        <Block title={t`По суткам`}>
          <QueryBlock
            query={query}
            height={360}
            isEmpty={(items) => items.length === 0}
            empty={
              <Empty
                title={t`За последний месяц суток нет`}
                hint={t`Они появятся, когда придут первые данные точек учета.`}
              />
            }
          >
            {(items) => <DaysTable items={items} />}
          </QueryBlock>
          <MoreButton query={query} />
          <RecordsAsOf at={query.asOf} zone={PORTAL_ZONE} />
        </Block>
      </div>
    </>
  );
}

function DaysTable({ items }: { items: DayCompleteness[] }) {
  const format = useFormat();
  return (
    <table className={sheet.table}>
      <thead>
        <tr>
          <th scope="col">
            <Trans>Сутки</Trans>
          </th>
          <th scope="col" className={sheet.number}>
            <Trans>Получено</Trans>
          </th>
          <th scope="col">
            <Trans>Точки учета</Trans>
          </th>
        </tr>
      </thead>
      <tbody>
        {items.map((day) => (
          <tr key={day.day}>
            <td>
              {day.points_incomplete === 0 ? (
                format.day(day.day)
              ) : (
                <TextLink to="/operator/completeness" search={{ day: day.day }}>
                  {format.day(day.day)}
                </TextLink>
              )}
            </td>
            <td className={sheet.number}>
              <Share day={day} />
            </td>
            <td>
              <Trans>всего {day.points}</Trans>
              {day.points_incomplete === 0 ? null : (
                <span className={classes.warning}>
                  <Trans>, неполных {day.points_incomplete}</Trans>
                </span>
              )}
              {day.points_open === 0 ? null : <Trans>, ещё открыты {day.points_open}</Trans>}
              {day.slots_estimated === 0 ? null : (
                <div className={rows.dim}>
                  <Trans>расчётных получасов: {day.slots_estimated}</Trans>
                </div>
              )}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** Rounded down, so that 100 % means all. */
function Share({ day }: { day: DayCompleteness }) {
  const format = useFormat();
  if (day.slots_expected === 0) return <>–</>;
  const percent = Math.floor((day.slots_received / day.slots_expected) * 1000) / 10;
  return (
    <>
      {format.number(percent, 1)} %
      {day.slots_missing === 0 ? null : (
        <div className={classes.warning}>
          <Trans>нет {format.number(day.slots_missing)}</Trans>
        </div>
      )}
    </>
  );
}

function PointsOfDay({ day }: { day: Day }) {
  const { t } = useLingui();
  const format = useFormat();
  const query = useCompletenessOfPoints(day);
  return (
    <Block
      title={t`Пропуски за ${format.day(day)}`}
      action={
        <TextLink to="/operator/completeness" search={{}} size="sm">
          <Trans>Закрыть</Trans>
        </TextLink>
      }
    >
      <QueryBlock
        query={query}
        height={160}
        isEmpty={(items) => items.length === 0}
        empty={<Empty title={t`В закрытых сутках этого дня пропусков нет`} />}
      >
        {(items) => (
          <ul className={rows.list}>
            {items.map((point) => (
              <li key={point.point_id} className={rows.row}>
                <div>
                  <div className={rows.name}>{point.point_number}</div>
                  <div className={rows.dim}>
                    <Trans>
                      получено {point.slots_received} из {point.slots_expected}, ревизия {point.revision}
                    </Trans>
                  </div>
                  <HalfHours pointId={point.point_id} day={day} starts={[]} />
                </div>
                <span className={classes.warning}>
                  <Trans>нет {point.slots_missing}</Trans>
                </span>
              </li>
            ))}
          </ul>
        )}
      </QueryBlock>
      <MoreButton query={query} />
      <RecordsAsOf at={query.asOf} zone={PORTAL_ZONE} />
    </Block>
  );
}
