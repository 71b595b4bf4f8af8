/** «Главная» of one contract (manual, chapter 3.1): contract and supplier, last readings, notifications, tickets. */
import { useLingui } from "@lingui/react/macro";
import { useParams } from "@tanstack/react-router";
import { api } from "../../shared/api/client";
import { PageTitle } from "../../shared/ui/PageTitle";
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
