/** Payments, newest first, with the way they came and whether they have been credited. */
import { Trans, useLingui } from "@lingui/react/macro";
import { usePayments } from "../../shared/api/lists";
import type { Payment } from "../../shared/api/types";
import { useContractZone } from "../../shared/api/useContractZone";
import { useFormat } from "../../shared/i18n/useFormat";
import { Block } from "../../shared/ui/Block";
import { PaymentState } from "../../shared/ui/PaymentState";
import { Empty, MoreButton, QueryBlock } from "../../shared/ui/states";
import classes from "./HomePage.module.css";

export function PaymentsBlock({ contractId }: { contractId: string }) {
  const { t } = useLingui();
  const zone = useContractZone(contractId);
  const query = usePayments(contractId);
  return (
    <Block title={t`Платежи`}>
      <QueryBlock
        query={query}
        height={120}
        isEmpty={(items) => items.length === 0}
        empty={<Empty title={t`Платежей пока нет`} />}
      >
        {(items) => (
          <ul className={classes.list}>
            {items.map((payment) => (
              <PaymentRow key={payment.document_id} payment={payment} zone={zone} />
            ))}
          </ul>
        )}
      </QueryBlock>
      <MoreButton query={query} />
    </Block>
  );
}

function PaymentRow({ payment, zone }: { payment: Payment; zone: string }) {
  const format = useFormat();
  return (
    <li className={classes.row}>
      <span className={classes.date}>{format.date(payment.paid_at, zone)}</span>
      <span>
        {payment.agent ?? ""}
        {payment.period === null ? null : (
          <span className={classes.dim}>
            {" "}
            <Trans>за {format.month(payment.period)}</Trans>
          </span>
        )}{" "}
        <PaymentState state={payment.status} />
      </span>
      <span className={classes.sum}>{format.money(payment.amount, payment.currency)}</span>
    </li>
  );
}
