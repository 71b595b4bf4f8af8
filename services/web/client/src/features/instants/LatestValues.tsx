/** The newest instant values: of the whole meter as figures, of its phases as a table. */
import { Plural, Trans, useLingui } from "@lingui/react/macro";
import type { Instants } from "../../shared/api/types";
import { useFormat } from "../../shared/i18n/useFormat";
import { groupOf } from "../../shared/metering/quality";
import { useGroupNames } from "../../shared/metering/useGroupNames";
import sheet from "../../shared/ui/sheet.module.css";
import classes from "./instants.module.css";
import { useAmounts } from "./useAmounts";

const MINUTE_MS = 60_000;
/** A meter is read each half hour at the latest; twice that without an answer is late. */
const LATE_MINUTES = 60;

export function LatestValues(props: { answer: Instants; limitW: number | null; nowMs: number }) {
  const { answer, limitW, nowMs } = props;
  const { latest, time_zone: zone } = answer;
  const { t } = useLingui();
  const amounts = useAmounts();
  if (latest === null) return null;
  const power = latest.power_w;
  const figures: [string, string, string | null][] = [
    [t`Активная мощность`, amounts.power(power), limitW === null ? null : t`из ${amounts.power(limitW)}`],
    [t`Реактивная мощность`, amounts.reactivePower(latest.reactive_power_var), null],
    [t`Коэффициент мощности`, amounts.factor(latest.power_factor_thousandths), null],
    [t`Частота сети`, amounts.frequency(latest.frequency_millihertz), null],
  ];
  return (
    <>
      <AsOf at={latest.at} quality={latest.quality} zone={zone} nowMs={nowMs} />
      <dl className={`${sheet.figures} ${classes.figures}`}>
        {figures.map(([name, amount, beside]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{amount}</dd>
            {beside === null ? null : <dd>{beside}</dd>}
          </div>
        ))}
      </dl>
      <Phases phases={latest.phases} />
      <p className={sheet.note}>
        <Trans>
          Напряжение и ток — как на самом приборе, мощность — с учётом трансформаторов. Отрицательная мощность
          отдаётся в сеть. Прочерк: прибор этой величины не измеряет.
        </Trans>
      </p>
    </>
  );
}

function AsOf(props: { at: string; quality: string; zone: string; nowMs: number }) {
  const { at, quality, zone, nowMs } = props;
  const format = useFormat();
  const names = useGroupNames();
  const minutes = Math.max(0, Math.floor((nowMs - Date.parse(at)) / MINUTE_MS));
  const isLate = minutes > LATE_MINUTES;
  return (
    <p className={classes.asOf}>
      <span>
        <Trans>По состоянию на {format.dateTime(at, zone)}</Trans>
      </span>
      <span className={isLate ? classes.late : classes.quality}>
        {minutes === 0 ? (
          <Trans>только что</Trans>
        ) : minutes < 2 * LATE_MINUTES ? (
          <Plural
            value={minutes}
            one="# минуту назад"
            few="# минуты назад"
            many="# минут назад"
            other="# минуты назад"
          />
        ) : (
          <Plural
            value={Math.floor(minutes / 60)}
            one="# час назад"
            few="# часа назад"
            many="# часов назад"
            other="# часа назад"
          />
        )}
        {isLate ? (
          <>
            {": "}
            <Trans>прибор давно не отвечал</Trans>
          </>
        ) : null}
      </span>
      <span className={classes.quality}>{names[groupOf(quality)]}</span>
    </p>
  );
}

function Phases({ phases }: { phases: NonNullable<Instants["latest"]>["phases"] }) {
  const amounts = useAmounts();
  return (
    <table className={sheet.table}>
      <thead>
        <tr>
          <th scope="col">
            <Trans>Фаза</Trans>
          </th>
          <th scope="col" className={sheet.number}>
            <Trans>Напряжение</Trans>
          </th>
          <th scope="col" className={sheet.number}>
            <Trans>Ток</Trans>
          </th>
          <th scope="col" className={sheet.number}>
            <Trans>Мощность</Trans>
          </th>
        </tr>
      </thead>
      <tbody>
        {phases.filter(isMeasured).map((phase) => (
          <tr key={phase.phase}>
            <th scope="row">{phase.phase}</th>
            <td className={sheet.number}>{amounts.voltage(phase.voltage_mv)}</td>
            <td className={sheet.number}>{amounts.current(phase.current_ma)}</td>
            <td className={sheet.number}>{amounts.power(phase.power_w)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** A meter of one phase says nothing of the two others. */
function isMeasured(phase: NonNullable<Instants["latest"]>["phases"][number]): boolean {
  return phase.voltage_mv !== null || phase.current_ma !== null || phase.power_w !== null;
}
