/** «Анализ»: the load's figures, a period beside another, the typical day, and the heat map of half hours. */
import "./analysis.css";
import { Trans, useLingui } from "@lingui/react/macro";
import { NativeSelect, SegmentedControl } from "@mantine/core";
import { useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { usePoint } from "../../shared/api/points";
import { useFormat } from "../../shared/i18n/useFormat";
import { ChannelSelect } from "../../shared/metering/ChannelSelect";
import { addDays, dayStartMs, localDay, shiftPeriod } from "../../shared/time/zone";
import { Block } from "../../shared/ui/Block";
import { PeriodStepper } from "../../shared/ui/PeriodStepper";
import sheet from "../../shared/ui/sheet.module.css";
import { QueryBlock } from "../../shared/ui/states";
import { ComparisonBlock } from "./ComparisonBlock";
import { FiguresBlock } from "./FiguresBlock";
import { HeatMapBlock } from "./HeatMapBlock";
import { TypicalDayBlock } from "./TypicalDayBlock";
import { type AnalysisSearch, type AnalysisView, daysOf, viewOf } from "./view";

const ROUTE = "/signed-in/contracts/$contractId/points/$pointId/analysis";

export function AnalysisTab() {
  const { pointId } = useParams({ from: ROUTE });
  const search = useSearch({ from: ROUTE });
  const navigate = useNavigate({ from: "/contracts/$contractId/points/$pointId/analysis" });
  const point = usePoint(pointId);
  const change = (changes: AnalysisSearch) =>
    void navigate({ search: (old) => ({ ...old, ...changes }), replace: true, resetScroll: false });
  return (
    <QueryBlock query={point} height={420}>
      {({ time_zone: zone }) => (
        <AnalysisBlocks
          pointId={pointId}
          zone={zone}
          view={viewOf(search, localDay(Date.now(), zone))}
          onChange={change}
        />
      )}
    </QueryBlock>
  );
}

export function AnalysisBlocks(props: {
  pointId: string;
  zone: string;
  view: AnalysisView;
  onChange: (changes: AnalysisSearch) => void;
}) {
  const { pointId, zone, view, onChange } = props;
  const { t } = useLingui();
  const { against, channel } = view;
  const asked = { pointId, channel, ...daysOf(view) };
  return (
    <div className={sheet.column}>
      <Block title={t`Анализ нагрузки`}>
        <Toolbar zone={zone} view={view} onChange={onChange} />
        <FiguresBlock {...asked} />
        <p className={sheet.note}>
          <Trans>Время точки учета: {zone}</Trans>
        </p>
      </Block>
      <Block
        title={t`Сравнение`}
        action={
          <NativeSelect
            aria-label={t`С чем сравнить`}
            value={against}
            onChange={(event) => onChange({ against: event.currentTarget.value as AnalysisView["against"] })}
            data={[
              { value: "previous", label: t`с прошлым периодом` },
              { value: "last_year", label: t`с прошлым годом` },
            ]}
          />
        }
      >
        <ComparisonBlock {...asked} against={against} />
      </Block>
      <Block title={t`Обычные сутки`}>
        <TypicalDayBlock {...asked} />
      </Block>
      <Block title={t`Тепловая карта`}>
        <HeatMapBlock {...asked} />
      </Block>
    </div>
  );
}

function Toolbar(props: { zone: string; view: AnalysisView; onChange: (changes: AnalysisSearch) => void }) {
  const { zone, view, onChange } = props;
  const { t } = useLingui();
  const format = useFormat();
  const { start, end } = daysOf(view);
  return (
    <div className={sheet.toolbar}>
      <SegmentedControl
        aria-label={t`Период`}
        value={view.period}
        onChange={(period) => onChange({ period })}
        data={[
          { value: "week", label: t`Неделя` },
          { value: "month", label: t`Месяц` },
        ]}
      />
      <PeriodStepper
        label={
          view.period === "month"
            ? format.month(start)
            : `${format.day(start)} – ${format.day(addDays(end, -1))}`
        }
        date={view.date}
        previous={shiftPeriod(view.period, view.date, -1)}
        next={dayStartMs(end, zone) > Date.now() ? null : end}
        onChange={(date) => onChange({ date })}
      />
      <ChannelSelect value={view.channel} onChange={(channel) => onChange({ channel })} />
    </div>
  );
}
