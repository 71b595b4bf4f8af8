/** The kinds of second factors, as people call them. */
import { useLingui } from "@lingui/react/macro";
import type { Factor } from "../../shared/api/types";

export function useKindName(): (kind: Factor["kind"]) => string {
  const { t } = useLingui();
  return (kind) => ({ totp: t`Приложение с кодами`, sms: t`Код по СМС`, passkey: t`Ключ доступа` })[kind];
}
