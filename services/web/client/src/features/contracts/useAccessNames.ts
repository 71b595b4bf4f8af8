/** Words for who looked at a contract and at what; what this version does not know is shown by its own name. */
import { useLingui } from "@lingui/react/macro";
import type { DataAccess } from "../../shared/api/types";

export function useReaderName(): (access: DataAccess) => string {
  const { t } = useLingui();
  return ({ reader, own, supplier }) => {
    const supplierName = supplier?.name ?? supplier?.code ?? "";
    const names: Record<string, string> = {
      operator: t`Сотрудник поставщика ${supplierName}`,
      guest: own ? t`Вы, по приглашению владельца` : t`Гость, которому открыт просмотр`,
      api_key: own ? t`Программа с вашим ключом API` : t`Программа с ключом API другого пользователя`,
    };
    return names[reader] ?? reader;
  };
}

export function useAreaName(): (area: string) => string {
  const { t } = useLingui();
  return (area) => {
    const names: Record<string, string> = {
      contract: t`Договор`,
      "contract-list": t`Список договоров`,
      credentials: t`Логин и новый пароль`,
      balance: t`Баланс`,
      charges: t`Начисления`,
      payments: t`Платежи`,
      accesses: t`Кто смотрел данные`,
      points: t`Точки учета`,
      readings: t`Показания`,
      profile: t`Профиль мощности`,
      journals: t`Журналы событий`,
      journal: t`Журнал событий`,
      days: t`Сутки`,
      tickets: t`Обращения`,
    };
    return names[area] ?? area;
  };
}
