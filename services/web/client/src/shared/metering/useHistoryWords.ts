/** Words for one stored version of a half hour: its energies, its quality code, and the way it came about. */
import { useLingui } from "@lingui/react/macro";
import type { IntervalVersion } from "../api/types";
import { useFormat } from "../i18n/useFormat";

export function useHistoryWords() {
  const { t } = useLingui();
  const format = useFormat();
  const qualities: Record<string, string> = {
    RAW: t`Измерено, не проверено`,
    VALID: t`Измерено, проверено`,
    REVENUE: t`Вошло в расчёт`,
    QUESTIONED: t`Не прошло проверку`,
    ACCEPTED: t`Подтверждено человеком`,
    CONTROL: t`С контрольного прибора`,
    DERIVED: t`Расчётно, по показаниям`,
    INTERP: t`Расчётно, по соседним интервалам`,
    HISTORY: t`Расчётно, по прошлым дням`,
    LEGAL: t`Расчётно, по правилам замещения`,
    EDITED: t`Исправлено вручную`,
  };
  const methods: Record<string, string> = {
    E1: t`контрольный прибор учета`,
    E2: t`питания не было весь интервал, энергия равна нулю`,
    E3: t`распределены показания на границах пропуска`,
    E4: t`среднее между соседними интервалами`,
    E5: t`средние трёх похожих дней`,
    E6: t`типовой график нагрузки`,
    E7: t`замещение по правилам закона`,
    E8: t`равномерно по суткам`,
    values: t`введено другое значение`,
    accept: t`значение подтверждено`,
    restore: t`возвращено прежнее значение`,
  };
  const sources: Record<IntervalVersion["source"], string> = {
    meter: t`прибор учета`,
    estimate: t`расчёт`,
    edit: t`сотрудник поставщика`,
    rule: t`автоматическая проверка`,
  };
  const energy = (version: IntervalVersion) => {
    const parts: [string, number | null, string][] = [
      ["A+", version.a_plus_wh, t`кВт·ч`],
      ["A−", version.a_minus_wh, t`кВт·ч`],
      ["R+", version.r_plus_varh, t`квар·ч`],
      ["R−", version.r_minus_varh, t`квар·ч`],
    ];
    const known = parts.filter(([name, value]) => value !== null && (value !== 0 || name === "A+"));
    if (known.length === 0) return t`Нет данных`;
    return known
      .map(([name, value, unit]) => `${name} ${format.number((value ?? 0) / 1000, 3)} ${unit}`)
      .join(" · ");
  };
  const source = ({ source: from, method }: IntervalVersion) => {
    const how = method === null ? null : (methods[method] ?? method);
    return how === null
      ? sources[from]
      : `${sources[from]}: ${how}${/^E\d/.test(method ?? "") ? ` (${method})` : ""}`;
  };
  return { energy, source, quality: (code: string) => qualities[code] ?? t`Качество неизвестно` };
}
