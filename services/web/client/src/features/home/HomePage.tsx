/** «Главная» of one contract (manual, chapter 3.1): contract and supplier, last readings, notifications, tickets. */
import { Trans, useLingui } from "@lingui/react/macro";
import { useParams } from "@tanstack/react-router";
import { api } from "../../shared/api/client";
import { asProblem } from "../../shared/api/problem";
import { ButtonLink } from "../../shared/ui/links";
import { PageTitle } from "../../shared/ui/PageTitle";
import { Failed } from "../../shared/ui/states";
import { ContractBlock } from "./ContractBlock";
import classes from "./HomePage.module.css";
import { NotificationsBlock } from "./NotificationsBlock";
import { ReadingsBlock } from "./ReadingsBlock";
import { TicketsBlock } from "./TicketsBlock";

export function HomePage() {
  const { t } = useLingui();
  const { contractId } = useParams({ from: "/signed-in/contracts/$contractId/" });
  const contract = api.useQuery("get", "/api/v1/contracts/{contract_id}", {
    params: { path: { contract_id: contractId } },
  });
  if (contract.error && asProblem(contract.error).status === 404) {
    // Nothing of a contract that is not the reader's: the other blocks would only look empty.
    return (
      <>
        <PageTitle title={t`Договор не найден`} />
        <Failed error={contract.error} retry={contract.refetch} busy={contract.isFetching} />
        <ButtonLink to="/" mt="md">
          <Trans>На главную</Trans>
        </ButtonLink>
      </>
    );
  }
  return (
    <>
      <PageTitle title={contract.data?.name ?? t`Главная`} />
      <div className={classes.grid}>
        <ContractBlock query={contract} />
        <ReadingsBlock contractId={contractId} />
        <NotificationsBlock contractId={contractId} />
        <TicketsBlock contractId={contractId} />
      </div>
    </>
  );
}
