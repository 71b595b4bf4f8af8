/** «Информация по текущему балансу» (manual, chapter 3.1): the sum with its meaning in words, and as of when. */
import { Trans, useLingui } from "@lingui/react/macro";
import { api } from "../../shared/api/client";
import { useContractZone } from "../../shared/api/useContractZone";
import { useFormat } from "../../shared/i18n/useFormat";
import { Block } from "../../shared/ui/Block";
import { Empty, QueryBlock } from "../../shared/ui/states";
import classes from "./HomePage.module.css";
import { PayLink } from "./PayLink";

export function BalanceBlock({ contractId, payUrl }: { contractId: string; payUrl: string | null }) {
  const { t } = useLingui();
  const format = useFormat();
  const zone = useContractZone(contractId);
  const query = api.useQuery("get", "/api/v1/contracts/{contract_id}/balance", {
    params: { path: { contract_id: contractId } },
  });
  return (
    <Block title={t`Баланс`}>
      <QueryBlock query={query} height={84}>
        {({ balance }) => {
          if (balance === null) return <Empty title={t`Поставщик ещё не передал баланс`} />;
          const amount = Number(balance.amount);
          return (
            <>
              <p className={classes.dim}>
                {amount < 0 ? (
                  <Trans>Задолженность</Trans>
                ) : amount > 0 ? (
                  <Trans>Переплата</Trans>
                ) : (
                  <Trans>Задолженности нет</Trans>
                )}
              </p>
              <p className={classes.amount} data-debt={amount < 0 || undefined}>
                {format.money(balance.amount.replace(/^-/, ""), balance.currency)}
              </p>
              <p className={classes.dim}>
                <Trans>по данным поставщика на {format.dateTime(balance.as_of, zone)}</Trans>
              </p>
            </>
          );
        }}
      </QueryBlock>
      <PayLink address={payUrl} />
    </Block>
  );
}
