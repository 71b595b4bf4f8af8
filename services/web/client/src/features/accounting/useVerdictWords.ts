/** What a rule found, in words: the rule, the value, the limit. The rules: docs/architecture/validation.md. */
import { useLingui } from "@lingui/react/macro";
import type { PointVerdict } from "../../shared/api/types";
import { useFormat } from "../../shared/i18n/useFormat";

type Measure = "wh" | "percent" | "seconds" | "half_hours" | "days" | "plain";

const MEASURE: Partial<Record<PointVerdict["rule"], Measure>> = {
  V06: "half_hours",
  V08: "seconds",
  V09: "wh",
  V10: "wh",
  V11: "percent",
  V12: "half_hours",
  V13: "days",
  V14: "wh",
  V15: "wh",
  V16: "wh",
  V17: "half_hours",
  V18: "wh",
  V19: "half_hours",
  V20: "days",
};

export function useVerdictWords() {
  const { t } = useLingui();
  const format = useFormat();
  const rules: Record<PointVerdict["rule"], string> = {
    V01: t`Другое значение за тот же получас`,
    V02: t`Неизвестный прибор учета`,
    V03: t`Не та длина интервала`,
    V04: t`Неизвестный вид данных`,
    V05: t`Коэффициент трансформации не тот, что в паспорте`,
    V06: t`Нет части получасов`,
    V07: t`Время не на границе получаса`,
    V08: t`Часы прибора уходят`,
    V09: t`Энергия больше физически возможной`,
    V10: t`Расход за сутки не похож на обычный`,
    V11: t`Выброс: один получас намного больше остальных`,
    V12: t`Одно и то же значение много раз подряд`,
    V13: t`Нулевой расход несколько суток без отключения`,
    V14: t`Показание меньше предыдущего`,
    V15: t`Сумма получасов расходится с показаниями`,
    V16: t`Тарифные зоны не сходятся`,
    V17: t`Есть активная энергия, но нет реактивной`,
    V18: t`Энергия, когда прибор был отключён или договор закрыт`,
    V19: t`В эти получасы есть записи журнала прибора`,
    V20: t`Давно нет измерений`,
  };
  const amount = (value: number, { rule, channel }: PointVerdict) => {
    const shown = format.number(value);
    const thousand = format.number(value / 1000, 3);
    const isReactive = channel === "r_plus" || channel === "r_minus";
    const texts: Record<Measure, string> = {
      wh: isReactive ? t`${thousand} квар·ч` : t`${thousand} кВт·ч`,
      percent: `${shown} %`,
      seconds: t`${shown} с`,
      half_hours: t`получасов: ${shown}`,
      days: t`суток: ${shown}`,
      plain: shown,
    };
    return texts[MEASURE[rule] ?? "plain"];
  };
  return {
    rule: (verdict: PointVerdict) => rules[verdict.rule],
    found: (verdict: PointVerdict) =>
      t`найдено — ${amount(verdict.value, verdict)}, предел — ${amount(verdict.limit, verdict)}`,
  };
}
