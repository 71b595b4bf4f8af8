/** The lines of a bill as a table: what, how much, at which price, and the sum. */
import { Trans, useLingui } from "@lingui/react/macro";
import type { Charge } from "../../shared/api/types";
import { useFormat } from "../../shared/i18n/useFormat";
import { useZoneName } from "../../shared/ui/readings";
import sheet from "../../shared/ui/sheet.module.css";
import classes from "./bill.module.css";

export function BillLines({ charge }: { charge: Charge }) {
  const { t } = useLingui();
  const format = useFormat();
  return (
    <table className={sheet.table} aria-label={t`Начисления`}>
      <thead>
        <tr>
          <th scope="col">
            <Trans>Услуга</Trans>
          </th>
          <th scope="col" className={`${sheet.number} ${classes.wide}`}>
            <Trans>Количество</Trans>
          </th>
          <th scope="col" className={`${sheet.number} ${classes.wide}`}>
            <Trans>Тариф</Trans>
          </th>
          <th scope="col" className={sheet.number}>
            <Trans>Сумма</Trans>
          </th>
        </tr>
      </thead>
      <tbody>
        {charge.lines.map((line, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: lines of a document have no id and never change places
          <Line key={index} line={line} currency={charge.currency} />
        ))}
      </tbody>
      <tfoot>
        <tr className={classes.total}>
          <th scope="row">
            <Trans>Итого</Trans>
          </th>
          <td className={classes.wide} />
          <td className={classes.wide} />
          <td className={`${sheet.number} ${classes.sum}`}>{format.money(charge.amount, charge.currency)}</td>
        </tr>
      </tfoot>
    </table>
  );
}

function Line({ line, currency }: { line: Charge["lines"][number]; currency: string }) {
  const format = useFormat();
  const zoneName = useZoneName();
  const quantity = line.quantity === null ? "" : `${format.decimal(line.quantity)} ${line.unit ?? ""}`;
  const price = line.price === null ? "" : format.money(line.price, currency);
  return (
    <tr>
      <th scope="row">
        {line.zone === null ? line.title : `${line.title}, ${zoneName(line.zone)}`}
        {line.refers_to === null ? null : (
          <span className={classes.detail}>
            <Trans>за {format.month(line.refers_to)}</Trans>
          </span>
        )}
        {line.note === null ? null : <span className={classes.detail}>{line.note}</span>}
        <span className={`${classes.detail} ${classes.narrow}`}>
          {[quantity, price].filter((part) => part !== "").join(" × ")}
        </span>
      </th>
      <td className={`${sheet.number} ${classes.wide}`}>{quantity}</td>
      <td className={`${sheet.number} ${classes.sum} ${classes.wide}`}>{price}</td>
      <td className={`${sheet.number} ${classes.sum}`}>{format.money(line.amount, currency)}</td>
    </tr>
  );
}
