/** The last notifications of the contract; unread ones say so. */
import { Trans, useLingui } from "@lingui/react/macro";
import { Badge } from "@mantine/core";
import { useNotifications } from "../../shared/api/lists";
import { useContractZone } from "../../shared/api/useContractZone";
import { useFormat } from "../../shared/i18n/useFormat";
import { Block } from "../../shared/ui/Block";
import { TextLink } from "../../shared/ui/links";
import { Empty, QueryBlock } from "../../shared/ui/states";
import classes from "./HomePage.module.css";

const SHOWN = 4;

export function NotificationsBlock({ contractId }: { contractId: string }) {
  const { t } = useLingui();
  const format = useFormat();
  const zone = useContractZone(contractId);
  const query = useNotifications(contractId);
  return (
    <Block
      title={t`Уведомления`}
      action={
        <TextLink to="/contracts/$contractId/notifications" params={{ contractId }} size="sm">
          <Trans>Все уведомления</Trans>
        </TextLink>
      }
    >
      <QueryBlock
        query={query}
        height={120}
        isEmpty={(items) => items.length === 0}
        empty={<Empty title={t`Уведомлений нет`} />}
      >
        {(items) => (
          <ul className={classes.list}>
            {items.slice(0, SHOWN).map((item) => (
              <li key={item.id} className={classes.row}>
                <span className={classes.date}>{format.date(item.created_at, zone)}</span>
                <span>{item.title}</span>
                {item.read_at === null ? (
                  <Badge color="red" variant="light">
                    <Trans>НЕ ПРОЧИТАНО</Trans>
                  </Badge>
                ) : null}
              </li>
            ))}
          </ul>
        )}
      </QueryBlock>
    </Block>
  );
}
