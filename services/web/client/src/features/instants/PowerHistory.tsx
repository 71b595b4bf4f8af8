/** Power at each reading as a line with the limit of the point, its least and greatest values, and a table. */
import { Trans, useLingui } from "@lingui/react/macro";
import { useMemo } from "react";
import type { Instants } from "../../shared/api/types";
import charts from "../../shared/charts/chart.module.css";
import { type Line, LineChart } from "../../shared/charts/LineChart";
import { useFormat } from "../../shared/i18n/useFormat";
import sheet from "../../shared/ui/sheet.module.css";
import { powerLine, rangeOf } from "./series";
import { useAmounts } from "./useAmounts";

const STEPS = [60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 10_800, 14_400, 21_600];

export function PowerHistory({ answer, limitW }: { answer: Instants; limitW: number | null }) {
  const { t } = useLingui();
  const format = useFormat();
  const amounts = useAmounts();
  const { history, time_zone: zone } = answer;
  const line = useMemo(() => powerLine(history), [history]);
  const range = rangeOf(line);
  const names = [t`Активная мощность`, t`Максимальная мощность`] as const;
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new chart for each word would lose the cursor
  const lines = useMemo((): Line[] => {
    const power = { name: names[0], color: "#0b7d48", dash: [], values: line.powers.map(inThousands) };
    if (limitW === null) return [power];
    const limit = line.places.map(() => limitW / 1000);
    return [power, { name: names[1], color: "#c0392b", dash: [8, 4], values: limit }];
  }, [line, limitW]);
  const time = (seconds: number) => format.time(seconds * 1000, zone);
  const amount = (powerW: number | null | undefined) =>
    powerW === null || powerW === undefined ? t`нет данных` : amounts.power(powerW);
  return (
    <>
      {range === null ? null : (
        <p className={charts.readout}>
          <Trans>
            Меньше всего {amount(range.least.powerW)} в {time(range.least.at)}, больше всего{" "}
            {amount(range.greatest.powerW)} в {time(range.greatest.at)}
          </Trans>
        </p>
      )}
      <div className={charts.unit}>{t`кВт`}</div>
      <LineChart
        label={t`Активная мощность по времени, стрелками влево и вправо — по отсчётам`}
        lines={lines}
        places={line.places}
        steps={STEPS}
        tick={time}
        describe={(index) => `${time(line.places[index] ?? 0)} · ${amount(line.powers[index])}`}
      />
      <details>
        <summary className={sheet.more}>
          <Trans>Таблица</Trans>
        </summary>
        <table className={sheet.table}>
          <thead>
            <tr>
              <th scope="col">
                <Trans>Время</Trans>
              </th>
              <th scope="col" className={sheet.number}>
                <Trans>Активная мощность</Trans>
              </th>
            </tr>
          </thead>
          <tbody>
            {history.times
              .map((at, index) => (
                <tr key={at}>
                  <th scope="row">{format.dateTime(at, zone)}</th>
                  <td className={sheet.number}>{amount(history.power_w[index])}</td>
                </tr>
              ))
              .reverse()}
          </tbody>
        </table>
      </details>
      <p className={sheet.note}>
        <Trans>Линия прервана там, где прибор не отвечал. Время точки учета: {zone}</Trans>
      </p>
    </>
  );
}

function inThousands(powerW: number | null): number | null {
  return powerW === null ? null : powerW / 1000;
}
