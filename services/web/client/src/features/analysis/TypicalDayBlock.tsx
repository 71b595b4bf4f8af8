/** The mean day by kind of day: working days, Saturdays, Sundays with holidays. */
import { Trans, useLingui } from "@lingui/react/macro";
import { useMemo } from "react";
import type { TypicalDay } from "../../shared/api/types";
import charts from "../../shared/charts/chart.module.css";
import { type Line, LineChart } from "../../shared/charts/LineChart";
import { useFormat } from "../../shared/i18n/useFormat";
import sheet from "../../shared/ui/sheet.module.css";
import { AnalysisBlock } from "./AnalysisBlock";
import { type Asked, useTypicalDay } from "./queries";
import { useAmount } from "./useAmount";

type Kind = TypicalDay["kinds"][number];

const STEPS = [2, 4, 6, 8, 12, 24];
const HALF_HOURS = 48;
const PLACES = Array.from({ length: HALF_HOURS }, (_, index) => index);
const HALF_HOUR_MS = 1_800_000;
const STYLE: Record<Kind["kind"], { color: string; dash: number[] }> = {
  workday: { color: "#0b7d48", dash: [] },
  saturday: { color: "#2f74b5", dash: [8, 4] },
  sunday: { color: "#b06a00", dash: [2, 3] },
};

export function TypicalDayBlock(asked: Asked) {
  const query = useTypicalDay(asked);
  return (
    <AnalysisBlock query={query} height={300} isEmpty={({ kinds }) => kinds.every(({ days }) => days === 0)}>
      {(answer) => <Kinds answer={answer} />}
    </AnalysisBlock>
  );
}

function Kinds({ answer }: { answer: TypicalDay }) {
  const { t } = useLingui();
  const format = useFormat();
  const amount = useAmount(answer.channel);
  const names = useKindNames();
  const kinds = answer.kinds.filter(({ days }) => days > 0);
  // The names change with the language alone, and then the page is drawn anew.
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new chart for each word would lose the cursor
  const lines = useMemo(
    () =>
      kinds.map(
        (kind): Line => ({ name: names(kind), ...STYLE[kind.kind], values: kind.values.map(inThousands) }),
      ),
    [answer],
  );
  const time = (index: number) => format.time(index * HALF_HOUR_MS, "UTC");
  const interval = (index: number) => `${time(index)}–${time(index + 1)}`;
  const of = (kind: Kind, index: number) => {
    const value = kind.values[index] ?? null;
    return value === null ? t`нет данных` : amount.plain(value);
  };
  const unknownYears = answer.years_without_calendar.join(", ");
  return (
    <>
      <div className={charts.unit}>{amount.energyUnit}</div>
      <LineChart
        label={t`Средний расход по получасам суток, стрелками влево и вправо — по получасам`}
        lines={lines}
        places={PLACES}
        steps={STEPS}
        tick={time}
        describe={(index) =>
          [interval(index), ...kinds.map((kind) => `${names(kind)}: ${of(kind, index)}`)].join(" · ")
        }
      />
      <details>
        <summary className={sheet.more}>
          <Trans>Таблица</Trans>
        </summary>
        <table className={sheet.table}>
          <thead>
            <tr>
              <th scope="col">
                <Trans>Получас</Trans>
              </th>
              {kinds.map((kind) => (
                <th key={kind.kind} scope="col" className={sheet.number}>
                  {names(kind)}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {PLACES.map((index) => (
              <tr key={interval(index)}>
                <th scope="row">{interval(index)}</th>
                {kinds.map((kind) => (
                  <td key={kind.kind} className={sheet.number}>
                    {of(kind, index)}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </details>
      {unknownYears !== "" ? (
        <p className={sheet.note}>
          <Trans>
            Перенос выходных на {unknownYears} г. порталу не известен: такие дни посчитаны по своему дню
            недели.
          </Trans>
        </p>
      ) : null}
      {answer.slots_missing > 0 ? (
        <p className={sheet.note}>
          <Trans>Нет получасов: {answer.slots_missing}. Средние посчитаны по остальным.</Trans>
        </p>
      ) : null}
    </>
  );
}

function useKindNames(): (kind: Kind) => string {
  const { t } = useLingui();
  return ({ kind, days }) => {
    const names: Record<Kind["kind"], string> = {
      workday: t`Рабочие дни (${days})`,
      saturday: t`Сб (${days})`,
      sunday: t`Вс и праздники (${days})`,
    };
    return names[kind];
  };
}

function inThousands(wh: number | null): number | null {
  return wh === null ? null : wh / 1000;
}
