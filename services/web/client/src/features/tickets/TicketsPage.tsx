/** «Обращения» of a contract (manual, chapter 3.7): number, date, subject, state and the answer. */
import { Trans, useLingui } from "@lingui/react/macro";
import { IconPlus } from "@tabler/icons-react";
import { useParams } from "@tanstack/react-router";
import { useTickets } from "../../shared/api/lists";
import type { Ticket } from "../../shared/api/types";
import { useContractZone } from "../../shared/api/useContractZone";
import { useFormat } from "../../shared/i18n/useFormat";
import { Block } from "../../shared/ui/Block";
import { ButtonLink } from "../../shared/ui/links";
import { PageTitle } from "../../shared/ui/PageTitle";
import { Empty, MoreButton, QueryBlock } from "../../shared/ui/states";
import { TicketState } from "../../shared/ui/TicketState";
import classes from "./tickets.module.css";

export function TicketsPage() {
  const { t } = useLingui();
  const { contractId } = useParams({ from: "/signed-in/contracts/$contractId/tickets" });
  const zone = useContractZone(contractId);
  const query = useTickets(contractId);
  return (
    <>
      <PageTitle title={t`Обращения`}>
        <ButtonLink
          to="/contracts/$contractId/tickets/new"
          params={{ contractId }}
          leftSection={<IconPlus size={18} aria-hidden />}
        >
          <Trans>СОЗДАТЬ ОБРАЩЕНИЕ</Trans>
        </ButtonLink>
      </PageTitle>
      <Block title={t`История обращений`}>
        <QueryBlock
          query={query}
          height={240}
          isEmpty={(items) => items.length === 0}
          empty={
            <Empty title={t`Обращений нет`} hint={t`Задайте вопрос поставщику — ответ появится здесь.`} />
          }
        >
          {(items) => (
            <ul className={classes.list}>
              {items.map((ticket) => (
                <Row key={ticket.id} ticket={ticket} zone={zone} />
              ))}
            </ul>
          )}
        </QueryBlock>
        <MoreButton query={query} />
      </Block>
    </>
  );
}

function Row({ ticket, zone }: { ticket: Ticket; zone: string }) {
  const format = useFormat();
  return (
    <li className={classes.ticket}>
      <div className={classes.head}>
        <span className={classes.date}>{format.date(ticket.created_at, zone)}</span>
        <span className={classes.number}>№ {ticket.number}</span>
        <span className={classes.subject}>{ticket.subject}</span>
        <TicketState state={ticket.state} />
      </div>
      <p className={classes.text}>{ticket.text}</p>
      {ticket.answer === null ? null : (
        <blockquote className={classes.answer}>
          <b>
            <Trans>Ответ поставщика</Trans>
          </b>
          <br />
          {ticket.answer}
        </blockquote>
      )}
    </li>
  );
}
