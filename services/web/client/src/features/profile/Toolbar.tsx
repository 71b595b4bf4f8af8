/** The choices above the profile: period with arrows, hour or half hour, kWh or kW, channel, chart or table. */
import { useLingui } from "@lingui/react/macro";
import { SegmentedControl } from "@mantine/core";
import { useFormat } from "../../shared/i18n/useFormat";
import { ChannelSelect } from "../../shared/metering/ChannelSelect";
import { addDays, periodStart, type Range, shiftPeriod } from "../../shared/time/zone";
import { PeriodStepper } from "../../shared/ui/PeriodStepper";
import classes from "./Toolbar.module.css";
import type { ProfileSearch, ProfileView } from "./view";

export function Toolbar(props: {
  view: ProfileView;
  range: Range;
  asOf: string | null;
  onChange: (changes: ProfileSearch) => void;
}) {
  const { view, range, asOf, onChange } = props;
  const { period, date } = view;
  const { t } = useLingui();
  const format = useFormat();
  const knownUntilMs = Math.max(Date.now(), asOf === null ? 0 : Date.parse(asOf));
  const first = periodStart(period, date);
  const last = addDays(shiftPeriod(period, date, 1), -1);
  const label = {
    day: format.day(first),
    week: `${format.day(first)} – ${format.day(last)}`,
    month: format.month(first),
  }[period];

  return (
    <div className={classes.toolbar}>
      <SegmentedControl
        aria-label={t`Период`}
        value={period}
        onChange={(value) => onChange({ period: value })}
        data={[
          { value: "day", label: t`День` },
          { value: "week", label: t`Неделя` },
          { value: "month", label: t`Месяц` },
        ]}
      />
      <PeriodStepper
        label={label}
        date={date}
        previous={shiftPeriod(period, date, -1)}
        next={range.endMs > knownUntilMs ? null : shiftPeriod(period, date, 1)}
        onChange={(day) => onChange({ date: day })}
      />
      <SegmentedControl
        aria-label={t`Интервал`}
        value={view.step}
        onChange={(value) => onChange({ step: value })}
        data={[
          { value: "half_hour", label: t`Полчаса` },
          { value: "hour", label: t`Час` },
        ]}
      />
      <SegmentedControl
        aria-label={t`Единица`}
        value={view.unit}
        onChange={(value) => onChange({ unit: value })}
        data={[
          { value: "kwh", label: view.channel.startsWith("r_") ? t`квар·ч` : t`кВт·ч` },
          { value: "kw", label: view.channel.startsWith("r_") ? t`квар` : t`кВт` },
        ]}
      />
      <ChannelSelect value={view.channel} onChange={(channel) => onChange({ channel })} />
      <SegmentedControl
        aria-label={t`Вид`}
        value={view.shape}
        onChange={(value) => onChange({ shape: value })}
        data={[
          { value: "chart", label: t`График` },
          { value: "table", label: t`Таблица` },
        ]}
      />
    </div>
  );
}
