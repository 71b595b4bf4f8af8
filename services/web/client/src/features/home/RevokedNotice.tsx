/** A contract whose link has ended: why, and what can be done. Its data are not shown any more. */
import { Trans, useLingui } from "@lingui/react/macro";
import { Text } from "@mantine/core";
import type { Contract } from "../../shared/api/types";
import { useFormat } from "../../shared/i18n/useFormat";
import { PORTAL_ZONE } from "../../shared/time/zone";
import { Block } from "../../shared/ui/Block";
import { ButtonLink } from "../../shared/ui/links";

export function RevokedNotice({ contract }: { contract: Contract }) {
  const { t } = useLingui();
  const format = useFormat();
  const reasons: Record<NonNullable<Contract["state_reason"]>, string> = {
    password_changed: t`Поставщик сменил пароль договора. Добавьте договор снова с новым паролем.`,
    share_ended: t`Владелец договора закрыл вам доступ. Попросите новое приглашение или добавьте договор с логином и паролем поставщика.`,
    share_expired: t`Срок доступа, который открыл владелец договора, истёк. Попросите новое приглашение или добавьте договор с логином и паролем поставщика.`,
  };
  return (
    <Block title={t`Доступ к договору прекращён`}>
      <Text>{contract.state_reason === null ? null : reasons[contract.state_reason]}</Text>
      <Text size="sm" c="dimmed" mt={4}>
        {contract.supplier.name}, № {contract.number} ·{" "}
        {format.dateTime(contract.state_changed_at, PORTAL_ZONE)}
      </Text>
      <ButtonLink
        to="/contracts/new"
        search={{ supplier: contract.supplier.code, name: contract.name }}
        variant={contract.state_reason === "password_changed" ? "filled" : "default"}
        mt="md"
      >
        <Trans>ДОБАВИТЬ ДОГОВОР</Trans>
      </ButtonLink>
    </Block>
  );
}
