/** Rows of periods with their sums as bars and as numbers, and what each sum does not hold. */
import { Plural, Trans, useLingui } from "@lingui/react/macro";
import type { Consumption } from "../../shared/api/types";
import { useFormat } from "../../shared/i18n/useFormat";
import type { Channel } from "../../shared/metering/channels";
import { type Day, type Period, shiftPeriod } from "../../shared/time/zone";
import sheet from "../../shared/ui/sheet.module.css";
import { Empty } from "../../shared/ui/states";
import classes from "./ConsumptionTab.module.css";
import { type Row, rowsOf, sinceFirst, totalOf } from "./rows";

export function ConsumptionTable({ answer, channel }: { answer: Consumption; channel: Channel }) {
  const { t } = useLingui();
  const format = useFormat();
  // The answer's own step: while the next one loads it is still the former.
  const step: Period = answer.step === "half_hour" ? "day" : answer.step;
  const all = rowsOf(answer, channel, (first) => shiftPeriod(step, first, 1));
  const rows = sinceFirst(all);
  const oldest = rows.at(-1);
  const total = totalOf(rows);
  const unit = channel.startsWith("r_") ? t`квар·ч` : t`кВт·ч`;
  if (total.value === null) {
    return (
      <Empty
        title={t`За эти периоды данных нет`}
        hint={t`Выберите более ранний период или другой вид энергии.`}
      />
    );
  }
  return (
    <>
      <table className={sheet.table}>
        <thead>
          <tr>
            <th scope="col">
              <Trans>Период</Trans>
            </th>
            <th scope="col" className={`${sheet.number} ${classes.amount}`}>
              {unit}
            </th>
            <th scope="col">
              <Trans>Полнота и качество</Trans>
            </th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <PeriodRow key={row.first} row={row} name={nameOf(row, step, format)} />
          ))}
        </tbody>
        <tfoot>
          <tr>
            <th scope="row">
              <Trans>Итого</Trans>
            </th>
            <td className={`${sheet.number} ${classes.amount}`}>{format.number(total.value / 1000, 3)}</td>
            <td>{total.partial ? <Trans>неполная сумма</Trans> : <Trans>все периоды целиком</Trans>}</td>
          </tr>
        </tfoot>
      </table>
      {oldest === undefined || rows.length === all.length ? null : (
        <p className={sheet.note}>
          <Trans>До {format.day(oldest.first)} данных нет.</Trans>
        </p>
      )}
    </>
  );
}

function PeriodRow({ row, name }: { row: Row; name: string }) {
  const format = useFormat();
  return (
    <tr>
      <th scope="row">{name}</th>
      <td className={`${sheet.number} ${classes.amount}`}>
        {row.value === null ? "–" : format.number(row.value / 1000, 3)}
        {row.share === null ? null : (
          <svg className={classes.bar} viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true">
            <rect width={100 * row.share} height="6" />
          </svg>
        )}
      </td>
      <td>
        <ul className={classes.remarks}>
          {row.runs ? (
            <li className={classes.partial}>
              <Trans>неполная сумма: период ещё идёт</Trans>
            </li>
          ) : null}
          {row.missing > 0 ? (
            <li className={classes.partial}>
              {row.value === null ? (
                <Trans>нет данных</Trans>
              ) : (
                <Plural
                  value={row.missing}
                  one="неполная сумма: нет # получаса"
                  few="неполная сумма: нет # получасов"
                  many="неполная сумма: нет # получасов"
                  other="неполная сумма: нет # получаса"
                />
              )}
            </li>
          ) : null}
          {row.estimated > 0 ? (
            <li>
              <Trans>расчётных получасов: {row.estimated}</Trans>
            </li>
          ) : null}
          {row.questioned > 0 ? (
            <li>
              <Trans>сомнительных получасов: {row.questioned}</Trans>
            </li>
          ) : null}
          {row.runs || row.missing + row.estimated + row.questioned > 0 ? null : (
            <li>
              <Trans>измерено полностью</Trans>
            </li>
          )}
        </ul>
      </td>
    </tr>
  );
}

function nameOf(row: Row, step: Period, format: ReturnType<typeof useFormat>): string {
  const noon = (day: Day) => Date.parse(`${day}T12:00:00Z`);
  if (step === "month") return format.month(row.first);
  if (step === "day") return format.day(row.first);
  return `${format.dayAndMonth(noon(row.first), "UTC")} – ${format.dayAndMonth(noon(row.last), "UTC")}`;
}
