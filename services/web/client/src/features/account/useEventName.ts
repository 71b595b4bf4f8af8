/** Words for the kinds of security events. */
import { useLingui } from "@lingui/react/macro";

export function useEventName(): (kind: string) => string {
  const { t } = useLingui();
  return (kind) => {
    const names: Record<string, string> = {
      registered: t`Регистрация`,
      signed_in: t`Вход`,
      sign_in_refused: t`Неудачная попытка входа`,
      second_factor_asked: t`Запрошен второй фактор`,
      second_factor_refused: t`Неверный код второго фактора`,
      signed_out: t`Выход`,
      session_ended: t`Сеанс завершён`,
      sessions_ended: t`Сеансы завершены`,
      refresh_token_reused: t`Повторное использование ключа сеанса: сеанс завершён`,
      recovery_requested: t`Запрошено восстановление доступа`,
      password_recovered: t`Пароль восстановлен`,
      password_changed: t`Пароль изменён`,
      email_change_requested: t`Запрошена смена E-mail`,
      email_changed: t`E-mail изменён`,
      phone_changed: t`Телефон изменён`,
      factor_added: t`Подключён второй фактор`,
      factor_removed: t`Отключён второй фактор`,
      recovery_codes_made: t`Созданы резервные коды`,
      recovery_code_used: t`Использован резервный код`,
      api_key_made: t`Создан ключ API`,
      api_key_revoked: t`Отозван ключ API`,
      stepped_up: t`Личность подтверждена`,
      step_up_refused: t`Неудачное подтверждение личности`,
    };
    return names[kind] ?? kind;
  };
}
