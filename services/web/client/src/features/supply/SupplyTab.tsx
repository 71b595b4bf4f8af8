/** «Качество»: how long the voltage was out of its limits by phase, planned outages and those that the meter saw, the drift of its clock. */
import "./supply.css";
import { Trans, useLingui } from "@lingui/react/macro";
import { useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { usePoint } from "../../shared/api/points";
import { useFormat } from "../../shared/i18n/useFormat";
import { type Day, dayStartMs, localDay, periodStart, shiftPeriod } from "../../shared/time/zone";
import { Block } from "../../shared/ui/Block";
import { PeriodStepper } from "../../shared/ui/PeriodStepper";
import sheet from "../../shared/ui/sheet.module.css";
import { QueryBlock } from "../../shared/ui/states";
import { DriftBlock } from "./DriftBlock";
import { VoltageBlock } from "./VoltageBlock";

const ROUTE = "/signed-in/contracts/$contractId/points/$pointId/supply";

export function SupplyTab() {
  const { t } = useLingui();
  const { pointId } = useParams({ from: ROUTE });
  const { date } = useSearch({ from: ROUTE });
  const navigate = useNavigate({ from: "/contracts/$contractId/points/$pointId/supply" });
  const point = usePoint(pointId);
  return (
    <QueryBlock query={point} height={420}>
      {({ time_zone: zone }) => (
        <div className={sheet.column}>
          <Block title={t`Качество электроснабжения`}>
            <Month
              zone={zone}
              date={date ?? localDay(Date.now(), zone)}
              onChange={(day) => void navigate({ search: { date: day }, replace: true, resetScroll: false })}
            />
          </Block>
          <SupplyBlocks pointId={pointId} date={date ?? localDay(Date.now(), zone)} />
        </div>
      )}
    </QueryBlock>
  );
}

export function SupplyBlocks({ pointId, date }: { pointId: string; date: Day }) {
  const start = periodStart("month", date);
  const end = shiftPeriod("month", start, 1);
  return (
    <>
      <VoltageBlock pointId={pointId} start={start} end={end} />
      <DriftBlock pointId={pointId} start={start} end={end} />
    </>
  );
}

function Month({ zone, date, onChange }: { zone: string; date: Day; onChange: (day: Day) => void }) {
  const format = useFormat();
  const first = periodStart("month", date);
  const next = shiftPeriod("month", first, 1);
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
        <Trans>По журналам прибора учета. Время точки учета: {zone}</Trans>
      </p>
    </>
  );
}
