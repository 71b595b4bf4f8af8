/** What a bill sums up to, as far as the supplier has said it: nothing is computed here, and what is unknown has no row. */
import { useLingui } from "@lingui/react/macro";
import type { Bill, Charge } from "../../shared/api/types";
import { useFormat } from "../../shared/i18n/useFormat";
import classes from "./bill.module.css";

export function BillSums({ charge, sums }: { charge: Charge; sums: Bill["sums"] }) {
  const { t } = useLingui();
  const format = useFormat();
  const inCredit = Number(sums.opening_balance) > 0;
  const rows: [string, string | null, strong?: boolean][] = [
    [
      inCredit ? t`Переплата на начало периода` : t`Задолженность на начало периода`,
      sums.opening_balance?.replace(/^-/, "") ?? null,
    ],
    [t`Начислено`, sums.charged],
    [t`Перерасчёты`, sums.recalculated],
    [t`Льготы`, sums.benefits],
    [t`Пени`, sums.penalty],
    [t`Итого по счёту`, charge.amount, true],
    [t`Оплачено в этом периоде`, sums.paid],
    [t`К оплате`, sums.total_due, true],
  ];
  return (
    <dl className={classes.sums}>
      {rows.map(([name, amount, strong]) =>
        amount === null ? null : (
          <div key={name} className={classes.row} data-strong={strong}>
            <dt>{name}</dt>
            <dd>{format.money(amount, charge.currency)}</dd>
          </div>
        ),
      )}
    </dl>
  );
}
