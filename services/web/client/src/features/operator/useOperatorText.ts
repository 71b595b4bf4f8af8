/** One sentence per refusal of an operator's call, and per fault of a row or document in a file. */
import { useLingui } from "@lingui/react/macro";
import type { CodeText } from "../../shared/security/useRefusalText";

export function useOperatorText(): CodeText {
  const { t } = useLingui();
  return (code) => {
    const texts: Record<string, string> = {
      no_points: t`Таких точек учета у поставщика нет`,
      several_zones: t`Эти точки учета в разных часовых поясах: объявите отдельно для каждого.`,
      invalid_period: t`Конец должен быть позже начала`,
      period_too_long: t`Отключение длиннее 92 дней: объявите его частями.`,
      skipped_time: t`Этого времени по местным часам нет: их переводят вперёд. Выберите другое.`,
      outage_cancelled: t`Это отключение уже отменили. Объявите ещё раз: оно будет новым.`,
      number_taken: t`Договор с таким номером уже есть`,
      login_taken: t`Этот логин уже у другого договора`,
      contract_closed: t`Среди выбранных есть закрытый договор: откройте его или уберите из выбора.`,
      replays_running: t`Три повторные отправки ещё идут. Дождитесь, пока одна закончится.`,
      file_too_large: t`Файл больше 1 МБ. Разделите его на части.`,
      unknown_format: t`Файл другого вида. Нужен CSV или XLSX, для документов — JSON.`,
      unreadable_file: t`Файл не читается. Сохраните его заново как CSV или XLSX.`,
      unknown_columns: t`В первой строке нужны столбцы «Номер договора» и «Логин», каждый один раз и без лишних.`,
      too_many_rows: t`В файле больше 2000 строк. Разделите его на части.`,
      invalid_documents: t`Это не список документов в виде, описанном для поставщиков.`,
      missing_value: t`Нет значения`,
      invalid_value: t`Такое значение не подходит`,
      formula: t`Формула вместо значения`,
      duplicate_number: t`Номер повторяется в файле`,
      duplicate_login: t`Логин повторяется в файле`,
      invalid_hash: t`Это не хеш argon2id с параметрами портала`,
      unknown_contract: t`Такого договора нет`,
      document_of_another_contract: t`Документ с этим номером относится к другому договору`,
      version_differs: t`Эта версия документа уже была с другим содержанием`,
      lines_do_not_add_up: t`Сумма строк не равна итогу`,
      invalid_amount: t`Такая сумма не подходит`,
      invalid_instant: t`Время вне допустимых лет`,
      invalid_text: t`В тексте есть недопустимые знаки`,
    };
    return texts[code];
  };
}
