/** One sentence per code of a problem: what happened and what the reader can do. */
import { plural } from "@lingui/core/macro";
import { useLingui } from "@lingui/react/macro";
import { asProblem, codeOfStatus } from "../api/problem";

export function useProblemText(): (error: unknown) => string {
  const { t } = useLingui();
  return (error) => {
    const problem = asProblem(error);
    const texts: Record<string, string> = {
      network: t`Нет связи с сервером. Проверьте интернет и повторите.`,
      busy: t`Сервис временно недоступен. Повторите через минуту.`,
      invalid_credentials: t`Неверный E-mail или пароль.`,
      session_ended: t`Сеанс завершён. Войдите снова.`,
      unauthenticated: t`Сеанс завершён. Войдите снова.`,
      forbidden: t`Нет доступа.`,
      not_found: t`Не найдено. Возможно, ссылка устарела или договор отвязан.`,
      link_refused: t`Поставщик не подтвердил логин и пароль. Проверьте их и повторите.`,
      already_linked: t`Этот договор уже добавлен.`,
      invalid_request: t`Сервер не принял данные. Проверьте заполнение полей.`,
    };
    if (problem.status === 429) return throttled(problem.retryAfterSeconds);
    return (
      texts[problem.code] ?? texts[codeOfStatus(problem.status)] ?? t`Что-то пошло не так. Повторите попытку.`
    );
  };

  function throttled(retryAfterSeconds: number | null): string {
    if (retryAfterSeconds === null) return t`Слишком много попыток. Повторите позже.`;
    if (retryAfterSeconds < 60) {
      const seconds = Math.max(1, retryAfterSeconds);
      return t`Слишком много попыток. Повторите через ${plural(seconds, { one: "# секунду", few: "# секунды", many: "# секунд", other: "# секунды" })}.`;
    }
    const minutes = Math.ceil(retryAfterSeconds / 60);
    return t`Слишком много попыток. Повторите через ${plural(minutes, { one: "# минуту", few: "# минуты", many: "# минут", other: "# минуты" })}.`;
  }
}
