/** The groups of quality in words. */
import { useLingui } from "@lingui/react/macro";
import type { Group } from "./quality";

export function useGroupNames(): Record<Group | "gap", string> {
  const { t } = useLingui();
  return {
    measured: t`Измерено`,
    unchecked: t`Измерено, не проверено`,
    doubtful: t`Сомнительно`,
    estimated: t`Расчётно`,
    edited: t`Исправлено вручную`,
    unknown: t`Качество неизвестно`,
    gap: t`Нет данных`,
  };
}
