/** The sums of a closed day by channel, against the steps of the registers. */
import { Trans, useLingui } from "@lingui/react/macro";
import type { LedgerDay } from "../../shared/api/types";
import { useFormat } from "../../shared/i18n/useFormat";
import classes from "./DaysTab.module.css";

export function DaySums({ sums }: { sums: LedgerDay["sums"] }) {
  const { t } = useLingui();
  const format = useFormat();
  const names = {
    a_plus: t`A+, кВт·ч`,
    a_minus: t`A−, кВт·ч`,
    r_plus: t`R+, квар·ч`,
    r_minus: t`R−, квар·ч`,
  };
  const amount = (wh: number | null) => (wh === null ? "–" : format.number(wh / 1000, 3));
  const known = sums.filter(
    ({ sum_wh, register_difference_wh }) => sum_wh !== null || register_difference_wh !== null,
  );
  if (known.length === 0) return null;
  return (
    <table className={classes.sums}>
      <thead>
        <tr>
          <th scope="col">
            <Trans>Энергия</Trans>
          </th>
          <th scope="col">
            <Trans>Сумма получасов</Trans>
          </th>
          <th scope="col">
            <Trans>По показаниям</Trans>
          </th>
          <th scope="col">
            <Trans>Разность</Trans>
          </th>
          <th scope="col">
            <Trans>Допуск</Trans>
          </th>
        </tr>
      </thead>
      <tbody>
        {known.map((sum) => (
          <tr key={sum.channel}>
            <th scope="row">{names[sum.channel]}</th>
            <td>{amount(sum.sum_wh)}</td>
            <td>{amount(sum.register_difference_wh)}</td>
            <td>{amount(sum.residual_wh)}</td>
            <td>{amount(sum.tolerance_wh)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
