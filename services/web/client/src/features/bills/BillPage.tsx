/**
 * One bill of a contract as it goes on paper: whose it is, its lines, its sums, the payments for its period.
 * The browser prints it or saves it as PDF (docs/adr/0014); the frame of the portal stays off the paper.
 */
import { Trans, useLingui } from "@lingui/react/macro";
import { Button } from "@mantine/core";
import { IconPrinter } from "@tabler/icons-react";
import { useParams, useSearch } from "@tanstack/react-router";
import { api } from "../../shared/api/client";
import { useContract } from "../../shared/api/lists";
import type { Bill, Contract } from "../../shared/api/types";
import { useContractZone } from "../../shared/api/useContractZone";
import { useFormat } from "../../shared/i18n/useFormat";
import { Block } from "../../shared/ui/Block";
import { TextLink } from "../../shared/ui/links";
import { PageTitle } from "../../shared/ui/PageTitle";
import { QueryBlock } from "../../shared/ui/states";
import { BillLines } from "./BillLines";
import { BillPayments } from "./BillPayments";
import { BillSums } from "./BillSums";
import classes from "./bill.module.css";

export function BillPage() {
  const { t } = useLingui();
  const format = useFormat();
  const { contractId } = useParams({ from: "/signed-in/contracts/$contractId/bill" });
  const { document: documentId } = useSearch({ from: "/signed-in/contracts/$contractId/bill" });
  const contract = useContract(contractId);
  const query = api.useQuery("get", "/api/v1/contracts/{contract_id}/bill", {
    params: { path: { contract_id: contractId }, query: { document_id: documentId } },
  });
  const month = query.data === undefined ? undefined : format.month(query.data.charge.period);
  return (
    <>
      <PageTitle title={month === undefined ? t`Счёт` : t`Счёт за ${month}`}>
        {query.data === undefined ? null : (
          <Button
            className={classes.screen ?? ""}
            leftSection={<IconPrinter size={18} aria-hidden />}
            onClick={() => window.print()}
          >
            <Trans>Печать или PDF</Trans>
          </Button>
        )}
      </PageTitle>
      <p className={`${classes.screen} ${classes.note}`}>
        <Trans>
          Чтобы сохранить счёт файлом, в окне печати выберите «Сохранить как PDF»; на iOS — «Поделиться»,
          затем «Сохранить в Файлы».
        </Trans>
      </p>
      <div className={classes.column}>
        <QueryBlock query={contract} height={160}>
          {(data) => (
            <QueryBlock query={query} height={480}>
              {(bill) => <Paper contract={data} bill={bill} />}
            </QueryBlock>
          )}
        </QueryBlock>
      </div>
      <p className={classes.screen}>
        <TextLink to="/contracts/$contractId" params={{ contractId }}>
          <Trans>На главную договора</Trans>
        </TextLink>
      </p>
    </>
  );
}

function Paper({ contract, bill }: { contract: Contract; bill: Bill }) {
  const { t } = useLingui();
  const zone = useContractZone(contract.id);
  const { charge, sums, payments } = bill;
  return (
    <>
      <Block title={t`Договор и счёт`}>
        <Facts contract={contract} bill={bill} zone={zone} />
      </Block>
      {charge.lines.length === 0 ? null : (
        <Block title={t`Начисления`}>
          <BillLines charge={charge} />
        </Block>
      )}
      <Block title={t`Итоги`}>
        <BillSums charge={charge} sums={sums} />
      </Block>
      {payments.length === 0 ? null : (
        <Block title={t`Платежи за этот период`}>
          <BillPayments payments={payments} zone={zone} />
        </Block>
      )}
    </>
  );
}

function Facts({ contract, bill, zone }: { contract: Contract; bill: Bill; zone: string }) {
  const format = useFormat();
  const { charge } = bill;
  const contacts = [contract.supplier.phone, contract.supplier.email, contract.supplier.site];
  return (
    <dl className={classes.facts}>
      <dt>
        <Trans>Поставщик</Trans>
      </dt>
      <dd>
        {contract.supplier.name}
        <span className={classes.detail}>{contacts.filter((one) => one !== null).join(", ")}</span>
      </dd>
      <dt>
        <Trans>Номер договора</Trans>
      </dt>
      <dd>
        {contract.number}
        <span className={classes.detail}>{contract.name}</span>
      </dd>
      <dt>
        <Trans>Период</Trans>
      </dt>
      <dd>{format.month(charge.period)}</dd>
      <dt>
        <Trans>Номер счёта</Trans>
      </dt>
      <dd>{charge.document_id}</dd>
      <dt>
        <Trans>Выставлен</Trans>
      </dt>
      <dd>{format.date(charge.issued_at, zone)}</dd>
      {charge.due_on === null ? null : (
        <>
          <dt>
            <Trans>Оплатить до</Trans>
          </dt>
          <dd>{format.day(charge.due_on)}</dd>
        </>
      )}
    </dl>
  );
}
