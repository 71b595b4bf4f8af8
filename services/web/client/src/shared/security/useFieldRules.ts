/** Rules of fields that several forms share, and the way of a server's refusal to the field that it is about. */
import { useLingui } from "@lingui/react/macro";
import { asProblem } from "../api/problem";
import { type CodeText, useCodeText } from "./useRefusalText";

interface Form {
  values: object;
  setErrors: (errors: Record<string, string>) => void;
  getInputNode: (path: string) => HTMLElement | null;
}

export const MIN_PASSWORD_LENGTH = 8;

export function useFieldRules(own?: CodeText) {
  const { t } = useLingui();
  const shared = useCodeText();
  const textOf: CodeText = (code) => own?.(code) ?? shared(code);
  const required = (value: string) => (value.trim() === "" ? t`Поле обязательно для заполнения` : null);
  return {
    required,
    email: (value: string) =>
      required(value) ?? (/^\S+@\S+$/.test(value.trim()) ? null : t`Проверьте адрес E-mail`),
    newPassword: (value: string) => {
      if (value === "") return t`Поле обязательно для заполнения`;
      return [...value].length < MIN_PASSWORD_LENGTH ? t`Пароль должен быть не менее 8 символов` : null;
    },
    again: (value: string, first: string) => {
      if (value === "") return t`Поле обязательно для заполнения`;
      return value === first ? null : t`Введенные пароли должны совпадать`;
    },
    /** Says in place what was refused and goes to the first such field. False: it is about no field of the form. */
    showInFields: (form: Form, error: unknown): boolean => {
      const problem = asProblem(error);
      const faults = problem.faults.filter(({ field }) => field in form.values);
      if (faults[0] === undefined) return false;
      form.setErrors(
        Object.fromEntries(
          faults.map(({ field, code }) => [
            field,
            textOf(problem.code) ?? textOf(code) ?? t`Проверьте значение`,
          ]),
        ),
      );
      form.getInputNode(faults[0].field)?.focus();
      return true;
    },
  };
}
