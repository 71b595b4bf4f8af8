/** One sentence per refusal of a decision about values. */
import { useLingui } from "@lingui/react/macro";
import type { CodeText } from "../../shared/security/useRefusalText";

export function useAccountingText(): CodeText {
  const { t } = useLingui();
  return (code) => {
    const texts: Record<string, string> = {
      several_months: t`Получасы относятся к разным месяцам. Исправляйте каждый месяц отдельно.`,
      not_installed: t`В это время на точке не стоял прибор учета.`,
      not_a_multiple_of_the_ratio: t`Значение не кратно коэффициенту трансформации.`,
      above_physical_limit: t`Такое значение физически невозможно для этого прибора.`,
      not_questioned: t`Значение больше не под вопросом. Обновите страницу.`,
      values_changed: t`За это время пришло другое значение. Откройте вопрос заново.`,
      nothing_before: t`Возвращать нечего: прежнего значения не было.`,
      second_person_needed: t`Своё исправление подтверждает другой сотрудник.`,
      not_your_edit: t`Отозвать исправление может тот, кто его внёс.`,
      edit_not_open: t`По этому исправлению уже есть решение. Обновите страницу.`,
      edit_impossible: t`Так исправить нельзя. Проверьте значения.`,
    };
    return texts[code];
  };
}
