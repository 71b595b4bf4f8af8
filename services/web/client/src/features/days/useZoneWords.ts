/** Words for a day's check of tariff zones. A code of a later version of the API is shown as it came. */
import { useLingui } from "@lingui/react/macro";
import type { ZoneDay } from "../../shared/api/types";
import { useFormat } from "../../shared/i18n/useFormat";

export function useZoneWords() {
  const { t } = useLingui();
  const format = useFormat();
  const verdicts: Record<string, string> = {
    agrees: t`СХОДЯТСЯ`,
    differs: t`РАСХОДЯТСЯ`,
    not_checked: t`НЕ СВЕРЯЛИСЬ`,
  };
  const causes: Record<string, string> = {
    missing_slots: t`нет части получасов`,
    wrong_schedule: t`в приборе задано другое тарифное расписание`,
    wrong_clock: t`зоны в приборе переключаются по другому времени`,
    unexplained: t`причина не найдена`,
    no_registers: t`нет показаний рядом с границами суток`,
    one_zone: t`прибор считает по одной зоне`,
    no_schedule: t`поставщик не сообщил расписание зон`,
    exchange: t`прибор учета заменён`,
  };
  return {
    verdict: ({ verdict }: ZoneDay) => verdicts[verdict] ?? verdict,
    cause: ({ cause, shift_minutes: shift }: ZoneDay) => {
      if (cause === null) return null;
      const why = causes[cause] ?? cause;
      if (shift === null) return why;
      const minutes = format.number(Math.abs(shift));
      return shift > 0 ? t`${why}, позже на ${minutes} мин` : t`${why}, раньше на ${minutes} мин`;
    },
  };
}
