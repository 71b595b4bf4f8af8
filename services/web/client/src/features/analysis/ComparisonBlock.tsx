/** The days of the period beside those of another one; only days that are whole in both are summed. */
import { Trans, useLingui } from "@lingui/react/macro";
import { useMemo } from "react";
import type { Comparison } from "../../shared/api/types";
import charts from "../../shared/charts/chart.module.css";
import { type Line, LineChart } from "../../shared/charts/LineChart";
import { useFormat } from "../../shared/i18n/useFormat";
import sheet from "../../shared/ui/sheet.module.css";
import { AnalysisBlock } from "./AnalysisBlock";
import classes from "./analysis.module.css";
import { type Asked, useComparison } from "./queries";
import { useAmount } from "./useAmount";
import type { AnalysisView } from "./view";

const STEPS = [1, 2, 5, 7, 10];

export function ComparisonBlock({ against, ...asked }: Asked & { against: AnalysisView["against"] }) {
  const query = useComparison(asked, against);
  return (
    <AnalysisBlock
      query={query}
      height={340}
      isEmpty={({ values }) => values.every((value) => value === null)}
    >
      {(answer) => (
        <>
          <Sums answer={answer} />
          <Days answer={answer} />
        </>
      )}
    </AnalysisBlock>
  );
}

function Sums({ answer }: { answer: Comparison }) {
  const format = useFormat();
  const amount = useAmount(answer.channel);
  const { sum, other_sum: other, difference, change_percent: change, compared_days: days } = answer;
  if (sum === null || other === null || difference === null) {
    return (
      <p className={charts.readout}>
        <Trans>Сравнить пока нечего: нет суток, которые известны целиком в обоих периодах.</Trans>
      </p>
    );
  }
  const signed = `${difference > 0 ? "+" : ""}${amount.energy(difference)}`;
  const percent = change === null ? "" : ` (${change > 0 ? "+" : ""}${format.number(change, 1)} %)`;
  return (
    <p className={charts.readout}>
      <Trans>
        {amount.energy(sum)} против {amount.energy(other)}: {signed}
        {percent}
      </Trans>{" "}
      <span className={classes.dim}>
        <Trans>Дней, известных целиком в обоих периодах: {days}</Trans>
      </span>
    </p>
  );
}

function Days({ answer }: { answer: Comparison }) {
  const { t } = useLingui();
  const format = useFormat();
  const amount = useAmount(answer.channel);
  const names = [t`Этот период`, answer.against === "previous" ? t`Прошлый период` : t`Прошлый год`] as const;
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new chart for each word would lose the cursor
  const lines = useMemo(
    (): Line[] => [
      { name: names[0], color: "#0b7d48", dash: [], values: whole(answer.values, answer.complete) },
      {
        name: names[1],
        color: "#2f74b5",
        dash: [8, 4],
        values: whole(answer.other_values, answer.other_complete),
      },
    ],
    [answer],
  );
  const places = useMemo(() => answer.days.map((_, index) => index), [answer]);
  const shown = (value: number | null | undefined, complete: boolean | undefined) => {
    if (value === null || value === undefined) return t`нет данных`;
    return complete ? amount.plain(value) : t`${amount.plain(value)}, неполные`;
  };
  const rows = answer.days.map((day, index) => {
    const other = answer.other_days[index] ?? null;
    return {
      day: format.day(day),
      value: shown(answer.values[index], answer.complete[index]),
      other: other === null ? t`нет такого дня` : format.day(other),
      otherValue: shown(answer.other_values[index], answer.other_complete[index]),
    };
  });
  return (
    <>
      <div className={charts.unit}>{amount.energyUnit}</div>
      <LineChart
        label={t`Расход по дням двух периодов, стрелками влево и вправо — по дням`}
        lines={lines}
        places={places}
        steps={STEPS}
        tick={(index) => String(Number(answer.days[index]?.slice(8) ?? 0))}
        describe={(index) => {
          const row = rows[index];
          return row === undefined ? "" : `${row.day}: ${row.value} · ${row.other}: ${row.otherValue}`;
        }}
      />
      {[...answer.complete, ...answer.other_complete].every(Boolean) ? null : (
        <p className={sheet.note}>
          <Trans>Дни, известные не целиком, на графике не показаны.</Trans>
        </p>
      )}
      <details>
        <summary className={sheet.more}>
          <Trans>Таблица</Trans>
        </summary>
        <table className={sheet.table}>
          <thead>
            <tr>
              <th scope="col">{names[0]}</th>
              <th scope="col" className={sheet.number}>
                {amount.energyUnit}
              </th>
              <th scope="col">{names[1]}</th>
              <th scope="col" className={sheet.number}>
                {amount.energyUnit}
              </th>
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <tr key={row.day}>
                <th scope="row">{row.day}</th>
                <td className={sheet.number}>{row.value}</td>
                <td>{row.other}</td>
                <td className={sheet.number}>{row.otherValue}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </details>
    </>
  );
}

/** A day of which a part is missing would look like one with little consumption. */
function whole(values: (number | null)[], complete: boolean[]): (number | null)[] {
  return values.map((value, index) => (value === null || !complete[index] ? null : value / 1000));
}
