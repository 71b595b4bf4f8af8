/** The last tickets of the contract with their state. */
import { Trans, useLingui } from "@lingui/react/macro";
import { useTickets } from "../../shared/api/lists";
import { useContractZone } from "../../shared/api/useContractZone";
import { useFormat } from "../../shared/i18n/useFormat";
import { Block } from "../../shared/ui/Block";
import { TextLink } from "../../shared/ui/links";
import { Empty, QueryBlock } from "../../shared/ui/states";
import { TicketState } from "../../shared/ui/TicketState";
import classes from "./HomePage.module.css";

const SHOWN = 4;

export function TicketsBlock({ contractId }: { contractId: string }) {
  const { t } = useLingui();
  const format = useFormat();
  const zone = useContractZone(contractId);
  const query = useTickets(contractId);
  return (
    <Block
      title={t`Обращения`}
      action={
        <TextLink to="/contracts/$contractId/tickets" params={{ contractId }} size="sm">
          <Trans>Все обращения</Trans>
        </TextLink>
      }
    >
      <QueryBlock
        query={query}
        height={120}
        isEmpty={(items) => items.length === 0}
        empty={<Empty title={t`Обращений нет`} />}
      >
        {(items) => (
          <ul className={classes.list}>
            {items.slice(0, SHOWN).map((ticket) => (
              <li key={ticket.id} className={classes.row}>
                <span className={classes.date}>{format.date(ticket.created_at, zone)}</span>
                <span>
                  № {ticket.number} · {ticket.subject}
                </span>
                <TicketState state={ticket.state} />
              </li>
            ))}
          </ul>
        )}
      </QueryBlock>
    </Block>
  );
}
