/**
 * «Главная» of one contract (manual, chapter 3.1): contract and supplier, balance, last readings, charges and payments,
 * notifications, tickets.
 */
import { Trans, useLingui } from "@lingui/react/macro";
import { useParams } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { api } from "../../shared/api/client";
import { useNotifications, usePoints, useTickets } from "../../shared/api/lists";
import { asProblem } from "../../shared/api/problem";
import { ButtonLink } from "../../shared/ui/links";
import { PageTitle } from "../../shared/ui/PageTitle";
import { Failed } from "../../shared/ui/states";
import { BalanceBlock } from "./BalanceBlock";
import { ChargesBlock } from "./ChargesBlock";
import { ContractBlock } from "./ContractBlock";
import classes from "./HomePage.module.css";
import { NotificationsBlock } from "./NotificationsBlock";
import { PaymentsBlock } from "./PaymentsBlock";
import { ReadingsBlock } from "./ReadingsBlock";
import { RevokedNotice } from "./RevokedNotice";
import { TicketsBlock } from "./TicketsBlock";

const PATIENCE_MS = 1_500;

export function HomePage() {
  const { t } = useLingui();
  const { contractId } = useParams({ from: "/signed-in/contracts/$contractId/" });
  const contract = api.useQuery("get", "/api/v1/contracts/{contract_id}", {
    params: { path: { contract_id: contractId } },
  });
  const points = usePoints(contractId);
  // Asked for at once, drawn below when the block above has its height, so that nothing jumps under a finger.
  useNotifications(contractId);
  useTickets(contractId);
  const waited = useElapsed(PATIENCE_MS);
  const showsLower = waited || points.data !== undefined || points.error !== null;
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
  if (contract.data?.state === "revoked") {
    return (
      <>
        <PageTitle title={contract.data.name} />
        <RevokedNotice contract={contract.data} />
      </>
    );
  }
  return (
    <>
      <PageTitle title={contract.data?.name ?? t`Главная`} />
      <div className={classes.grid}>
        <ContractBlock query={contract} />
        <BalanceBlock contractId={contractId} />
        <ReadingsBlock contractId={contractId} />
        {showsLower ? (
          <>
            <NotificationsBlock contractId={contractId} />
            <ChargesBlock contractId={contractId} />
            <PaymentsBlock contractId={contractId} />
            <TicketsBlock contractId={contractId} />
          </>
        ) : null}
      </div>
    </>
  );
}

function useElapsed(durationMs: number): boolean {
  const [elapsed, setElapsed] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setElapsed(true), durationMs);
    return () => clearTimeout(timer);
  }, [durationMs]);
  return elapsed;
}
