/** The daily ledger of a point: what of each day is known, in which revision, and what billing has done with it. */
import "./days.css";
import { Trans, useLingui } from "@lingui/react/macro";
import { keepPreviousData } from "@tanstack/react-query";
import { useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { api } from "../../shared/api/client";
import { usePoint } from "../../shared/api/points";
import { useFormat } from "../../shared/i18n/useFormat";
import { type Day, dayStartMs, localDay, periodStart, shiftPeriod } from "../../shared/time/zone";
import { Block } from "../../shared/ui/Block";
import { PeriodStepper } from "../../shared/ui/PeriodStepper";
import sheet from "../../shared/ui/sheet.module.css";
import { Empty, QueryBlock } from "../../shared/ui/states";
import { DayRow } from "./DayRow";
import { ZonesBlock } from "./ZonesBlock";

const ROUTE = "/signed-in/contracts/$contractId/points/$pointId/days";

export function DaysTab() {
  const { t } = useLingui();
  const { pointId } = useParams({ from: ROUTE });
  const { date } = useSearch({ from: ROUTE });
  const navigate = useNavigate({ from: "/contracts/$contractId/points/$pointId/days" });
  const point = usePoint(pointId);
  const shown = date ?? (point.data === undefined ? null : localDay(Date.now(), point.data.time_zone));
  return (
    <div className={sheet.column}>
      <Block title={t`Сутки в расчётах`}>
        <QueryBlock query={point} height={420}>
          {({ time_zone: zone }) => (
            <DaysPanel
              pointId={pointId}
              zone={zone}
              date={date ?? localDay(Date.now(), zone)}
              onChange={(day) => void navigate({ search: { date: day }, replace: true, resetScroll: false })}
            />
          )}
        </QueryBlock>
      </Block>
      {shown === null ? null : <ZonesBlock pointId={pointId} date={shown} />}
    </div>
  );
}

export function DaysPanel(props: { pointId: string; zone: string; date: Day; onChange: (day: Day) => void }) {
  const { pointId, zone, date, onChange } = props;
  const { t } = useLingui();
  const format = useFormat();
  const first = periodStart("month", date);
  const next = shiftPeriod("month", first, 1);
  const query = api.useQuery(
    "get",
    "/api/v1/points/{point_id}/days",
    { params: { path: { point_id: pointId }, query: { start: first, end: next } } },
    { placeholderData: keepPreviousData },
  );
  return (
    <>
      <PeriodStepper
        label={format.month(first)}
        date={date}
        previous={shiftPeriod("month", first, -1)}
        next={dayStartMs(next, zone) > Date.now() ? null : next}
        onChange={onChange}
      />
      <p className={sheet.note}>
        <Trans>
          Когда сутки закрыты, их значения уходят поставщику. Если позже что-то изменилось, уходит новая
          ревизия.
        </Trans>
      </p>
      <QueryBlock
        query={query}
        height={360}
        isEmpty={({ items }) => items.length === 0}
        empty={<Empty title={t`За этот месяц суток ещё нет`} hint={t`Выберите более ранний месяц.`} />}
      >
        {({ items, time_zone: pointZone, as_of: asOf }) => (
          <div className={sheet.body} data-stale={query.isPlaceholderData || undefined}>
            {[...items].reverse().map((day) => (
              <DayRow key={day.day} day={day} zone={pointZone} />
            ))}
            <p className={sheet.note}>
              <Trans>
                Состояние на {format.dateTime(asOf, pointZone)}. Время точки учета: {pointZone}
              </Trans>
            </p>
          </div>
        )}
      </QueryBlock>
    </>
  );
}
