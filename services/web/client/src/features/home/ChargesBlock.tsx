/** Charges by period, newest first; opening one shows its lines. */
import { Trans, useLingui } from "@lingui/react/macro";
import { useCharges } from "../../shared/api/lists";
import type { Charge } from "../../shared/api/types";
import { useFormat } from "../../shared/i18n/useFormat";
import { Block } from "../../shared/ui/Block";
import { TextLink } from "../../shared/ui/links";
import { useZoneName } from "../../shared/ui/readings";
import { Empty, MoreButton, QueryBlock } from "../../shared/ui/states";
import classes from "./HomePage.module.css";

export function ChargesBlock({ contractId }: { contractId: string }) {
  const { t } = useLingui();
  const query = useCharges(contractId);
  return (
    <Block title={t`Начисления`}>
      <QueryBlock
        query={query}
        height={120}
        isEmpty={(items) => items.length === 0}
        empty={<Empty title={t`Начислений пока нет`} />}
      >
        {(items) => (
          <ul className={classes.list}>
            {items.map((charge) => (
              <ChargeRow key={charge.document_id} charge={charge} contractId={contractId} />
            ))}
          </ul>
        )}
      </QueryBlock>
      <MoreButton query={query} />
    </Block>
  );
}

function ChargeRow({ charge, contractId }: { charge: Charge; contractId: string }) {
  const format = useFormat();
  return (
    <li>
      <details className={classes.charge}>
        <summary className={classes.summary}>
          <span className={classes.period}>{format.month(charge.period)}</span>
          <span className={classes.sum}>{format.money(charge.amount, charge.currency)}</span>
          {charge.due_on === null ? null : (
            <span className={classes.dim}>
              <Trans>оплатить до {format.day(charge.due_on)}</Trans>
            </span>
          )}
        </summary>
        <ul className={classes.list}>
          {charge.lines.map((line, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: lines of a document have no id and never change places
            <ChargeLine key={index} line={line} currency={charge.currency} />
          ))}
        </ul>
        <TextLink
          to="/contracts/$contractId/bill"
          params={{ contractId }}
          search={{ document: charge.document_id }}
          size="sm"
          className={classes.bill ?? ""}
        >
          <Trans>Счёт за {format.month(charge.period)}: печать или PDF</Trans>
        </TextLink>
      </details>
    </li>
  );
}

function ChargeLine({ line, currency }: { line: Charge["lines"][number]; currency: string }) {
  const format = useFormat();
  const zoneName = useZoneName();
  const zone = line.zone === null ? null : zoneName(line.zone);
  return (
    <li className={classes.line}>
      <span>
        {zone === null ? line.title : `${line.title}, ${zone}`}
        {line.refers_to === null ? null : (
          <span className={classes.dim}>
            {" "}
            <Trans>за {format.month(line.refers_to)}</Trans>
          </span>
        )}
        <span className={classes.detail}>
          {line.quantity === null ? null : `${format.decimal(line.quantity)} ${line.unit ?? ""}`}
          {line.quantity === null || line.price === null ? null : ` × ${format.money(line.price, currency)}`}
        </span>
        {line.note === null ? null : <span className={classes.detail}>{line.note}</span>}
      </span>
      <span className={classes.sum}>{format.money(line.amount, currency)}</span>
    </li>
  );
}
