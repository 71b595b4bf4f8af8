/** One sentence per refusal around accounts; all other problems have the portal's general sentences. */
import { useLingui } from "@lingui/react/macro";
import { asProblem } from "../api/problem";
import { useProblemText } from "../ui/useProblemText";

/** The user closed the question for a proof: their own choice, and no error to be told of. */
export const DECLINED = "proof_declined";

export function useCodeText(): CodeText {
  const { t } = useLingui();
  return (code) => {
    const texts: Record<string, string> = {
      email_taken: t`Пользователь с таким E-mail уже существует`,
      invalid_email: t`Проверьте адрес E-mail`,
      email_not_ascii: t`До знака @ в адресе могут быть только латинские буквы, цифры и знаки`,
      email_unchanged: t`Это ваш нынешний E-mail`,
      sms_unavailable: t`На этот номер СМС не отправляются. Выберите другой способ.`,
      invalid_phone: t`Проверьте номер телефона: код страны и номер`,
      phone_without_sms: t`Код отправляется только на мобильный телефон страны, где работает кабинет`,
      password_too_short: t`Пароль должен быть не менее 8 символов`,
      password_common: t`Такой пароль легко подобрать: он есть в списках частых паролей`,
      password_contextual: t`Пароль не должен содержать E-mail, имя или название кабинета`,
      wrong_password: t`Неверный пароль`,
      already_confirmed: t`Адрес уже подтверждён. Войдите с вашим паролем.`,
      link_used: t`Эта ссылка уже использована.`,
      link_expired: t`Срок действия ссылки истёк.`,
      link_unknown: t`Ссылка неверна: возможно, она скопирована не целиком.`,
      second_factor_wrong: t`Неверный код. Проверьте его и повторите.`,
      challenge_over: t`Время подтверждения истекло. Начните сначала.`,
      challenge_unknown: t`Время подтверждения истекло. Начните сначала.`,
      passkey_cancelled: t`Ключ доступа не подтверждён. Повторите или выберите другой способ.`,
      passkey_known: t`На этом устройстве уже есть ключ доступа к кабинету.`,
      factor_exists: t`Такой способ уже подключён.`,
      invalid_expiry: t`Срок доступа: от завтрашнего дня до года`,
      read_only: t`Доступ к этому договору только для просмотра.`,
      too_many_invitations: t`Приглашений по договору слишком много. Отзовите ненужные.`,
      no_factor: t`Сначала подключите второй фактор.`,
      second_factor_missing: t`Сначала подключите второй фактор.`,
      step_up_required: t`Подтверждение не подействовало. Повторите действие.`,
      recent_factor_required: t`Подтверждение не подействовало. Повторите действие.`,
    };
    return texts[code];
  };
}

export type CodeText = (code: string) => string | undefined;

/** `own` has the sentences of the page's area, and the first word. */
export function useRefusalText(own?: CodeText): (error: unknown) => string {
  const textOf = useCodeText();
  const problemText = useProblemText();
  return (error) => {
    const { code, status } = asProblem(error);
    return own?.(code) ?? (status === 429 ? undefined : textOf(code)) ?? problemText(error);
  };
}
