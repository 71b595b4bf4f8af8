/**
 * «Главная» of one contract (manual, chapter 3.1): contract and supplier, balance, last readings, charges and payments,
 * notifications, tickets.
 */
import { Trans, useLingui } from "@lingui/react/macro";
import { useParams } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { useContract, useNotifications, usePoints, useTickets } from "../../shared/api/lists";
import { asProblem } from "../../shared/api/problem";
import type { Contract } from "../../shared/api/types";
import { ButtonLink } from "../../shared/ui/links";
import { PageTitle } from "../../shared/ui/PageTitle";
import { Failed, QueryBlock } from "../../shared/ui/states";
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
  const contract = useContract(contractId);
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
      <QueryBlock query={contract} height={480}>
        {(data) =>
          data.state === "revoked" ? <RevokedNotice contract={data} /> : <LinkedContract contract={data} />
        }
      </QueryBlock>
    </>
  );
}

/** Drawn only of a contract that is linked: of another the portal answers nothing. */
function LinkedContract({ contract }: { contract: Contract }) {
  const contractId = contract.id;
  const points = usePoints(contractId);
  // Asked for at once, drawn below when the block above has its height, so that nothing jumps under a finger.
  useNotifications(contractId);
  useTickets(contractId);
  const waited = useElapsed(PATIENCE_MS);
  const showsLower = waited || points.data !== undefined || points.error !== null;
  return (
    <div className={classes.grid}>
      <ContractBlock contract={contract} />
      <BalanceBlock contractId={contractId} payUrl={contract.pay_url} />
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
