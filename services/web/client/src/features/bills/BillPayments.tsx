/** The payments that name the period of a bill: when, through whom, how much, and whether they have been credited. */
import { Trans, useLingui } from "@lingui/react/macro";
import type { Payment } from "../../shared/api/types";
import { useFormat } from "../../shared/i18n/useFormat";
import { PaymentState } from "../../shared/ui/PaymentState";
import sheet from "../../shared/ui/sheet.module.css";
import classes from "./bill.module.css";

export function BillPayments({ payments, zone }: { payments: Payment[]; zone: string }) {
  const { t } = useLingui();
  const format = useFormat();
  return (
    <table className={sheet.table} aria-label={t`Платежи за этот период`}>
      <thead>
        <tr>
          <th scope="col">
            <Trans>Дата</Trans>
          </th>
          <th scope="col">
            <Trans>Через кого</Trans>
          </th>
          <th scope="col">
            <Trans>Состояние</Trans>
          </th>
          <th scope="col" className={sheet.number}>
            <Trans>Сумма</Trans>
          </th>
        </tr>
      </thead>
      <tbody>
        {payments.map((payment) => (
          <tr key={payment.document_id}>
            <td>{format.date(payment.paid_at, zone)}</td>
            <td>{payment.agent ?? "-"}</td>
            <td>
              <PaymentState state={payment.status} />
            </td>
            <td className={`${sheet.number} ${classes.sum}`}>
              {format.money(payment.amount, payment.currency)}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
