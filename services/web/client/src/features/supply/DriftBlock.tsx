/** How far the meter's clock is from true time: a line over the month, its greatest values as a table, its settings. */
import { Trans, useLingui } from "@lingui/react/macro";
import { api } from "../../shared/api/client";
import type { ClockDrift } from "../../shared/api/types";
import { useFormat } from "../../shared/i18n/useFormat";
import type { Day } from "../../shared/time/zone";
import { Block } from "../../shared/ui/Block";
import sheet from "../../shared/ui/sheet.module.css";
import { Empty, QueryBlock } from "../../shared/ui/states";
import { byLocalDay, linePoints } from "./drift";
import classes from "./SupplyTab.module.css";

const WIDTH = 600;
const HEIGHT = 140;

export function DriftBlock({ pointId, start, end }: { pointId: string; start: Day; end: Day }) {
  const { t } = useLingui();
  const params = { path: { point_id: pointId }, query: { start, end } };
  const query = api.useQuery("get", "/api/v1/points/{point_id}/clock-drift", { params });
  return (
    <Block title={t`Уход часов прибора`}>
      <QueryBlock
        query={query}
        height={220}
        isEmpty={({ drift, corrections }) => drift.times.length + corrections.length === 0}
        empty={
          <Empty title={t`За этот месяц часы ещё не сверялись`} hint={t`Выберите более ранний месяц.`} />
        }
      >
        {(answer) => <DriftView answer={answer} />}
      </QueryBlock>
    </Block>
  );
}

function DriftView({ answer }: { answer: ClockDrift }) {
  const { t } = useLingui();
  const format = useFormat();
  const { drift, corrections, time_zone: zone } = answer;
  const greatest = drift.drift_seconds.reduce((most, one) => Math.max(most, Math.abs(one)), 0);
  const days = byLocalDay(drift, zone);
  const signed = (seconds: number) => {
    const amount = `${seconds > 0 ? "+" : ""}${format.number(seconds, 0)}`;
    return t`${amount} с`;
  };
  return (
    <>
      {drift.times.length === 0 ? null : (
        <>
          {drift.times.length < 2 ? null : (
            <>
              <svg
                className={classes.chart}
                viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
                preserveAspectRatio="none"
                role="img"
                aria-label={t`Уход часов: не больше ${format.number(greatest, 0)} с, значения в списке ниже`}
              >
                <line x1="0" x2={WIDTH} y1={HEIGHT / 2} y2={HEIGHT / 2} className={classes.zero} />
                <polyline
                  points={linePoints(drift, { width: WIDTH, height: HEIGHT })}
                  className={classes.line}
                />
              </svg>
              <p className={sheet.note}>
                <Trans>
                  Посередине верное время, край графика — {format.number(greatest, 0)} с в ту и другую
                  сторону.
                </Trans>
              </p>
            </>
          )}
          <details>
            <summary className={sheet.more}>
              <Trans>Уход часов по дням</Trans>
            </summary>
            <ul className={classes.list}>
              {days.map(([day, seconds]) => (
                <li key={day}>
                  <span>{format.day(day)}</span>
                  <span>{signed(seconds)}</span>
                </li>
              ))}
            </ul>
          </details>
        </>
      )}
      {corrections.length === 0 ? (
        <p className={sheet.note}>
          <Trans>Часы не переводились.</Trans>
        </p>
      ) : (
        <ul className={classes.list}>
          {corrections.map((one) => (
            <li key={one.at}>
              <span>
                <Trans>Часы переведены {format.dateTime(one.at, zone)}</Trans>
              </span>
              <span>{signed(one.corrected_by_seconds)}</span>
            </li>
          ))}
        </ul>
      )}
    </>
  );
}
