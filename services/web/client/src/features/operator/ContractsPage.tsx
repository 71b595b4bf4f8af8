/** The supplier's contracts: find one, create one, give out logins and passwords. */
import "./operator.css";
import { Trans, useLingui } from "@lingui/react/macro";
import { Alert, Button, Group, TextInput } from "@mantine/core";
import { useDebouncedCallback } from "@mantine/hooks";
import { IconPlus, IconSearch } from "@tabler/icons-react";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useState } from "react";
import { useOperatorContracts } from "../../shared/api/lists";
import type { CredentialSheet, OperatorContract } from "../../shared/api/types";
import { StepUpProvider } from "../../shared/security/StepUp";
import { Block } from "../../shared/ui/Block";
import { PageTitle } from "../../shared/ui/PageTitle";
import { Empty, MoreButton, QueryBlock } from "../../shared/ui/states";
import { ContractsTable } from "./ContractsTable";
import { IssueDialog } from "./IssueDialog";
import { NewContractDialog } from "./NewContractDialog";
import classes from "./operator.module.css";
import { SheetView } from "./SheetView";

const TYPING_PAUSE_MS = 300;
/** As many as one sheet may have. */
const AT_ONCE = 50;

export function ContractsPage() {
  const [sheet, setSheet] = useState<CredentialSheet | null>(null);
  return sheet === null ? (
    <ContractList onIssued={setSheet} />
  ) : (
    <SheetView sheet={sheet} onDone={() => setSheet(null)} />
  );
}

function ContractList({ onIssued }: { onIssued: (sheet: CredentialSheet) => void }) {
  const { t } = useLingui();
  const { number = "" } = useSearch({ from: "/signed-in/operator/contracts" });
  const contracts = useOperatorContracts(number);
  const [chosen, setChosen] = useState<readonly OperatorContract[]>([]);
  const [asked, setAsked] = useState<readonly OperatorContract[]>([]);
  const [creating, setCreating] = useState(false);
  const [created, setCreated] = useState<OperatorContract | null>(null);
  return (
    <>
      <PageTitle title={t`Договоры`}>
        <Button leftSection={<IconPlus size={18} aria-hidden />} onClick={() => setCreating(true)}>
          <Trans>СОЗДАТЬ ДОГОВОР</Trans>
        </Button>
      </PageTitle>
      {created === null ? null : (
        <Alert color="green" variant="light" role="status" className={classes.notice ?? ""}>
          <Group justify="space-between">
            <Trans>Договор № {created.number} создан. Потребителю нужны логин и пароль.</Trans>
            <Button size="sm" onClick={() => setAsked([created])}>
              <Trans>ВЫДАТЬ ПАРОЛЬ</Trans>
            </Button>
          </Group>
        </Alert>
      )}
      <Block title={t`Договоры поставщика`}>
        <div className={classes.bar}>
          <NumberSearch number={number} />
          <Button
            variant="default"
            disabled={chosen.length === 0 || chosen.length > AT_ONCE}
            onClick={() => setAsked(chosen)}
          >
            <Trans>ВЫДАТЬ ПАРОЛИ: {chosen.length}</Trans>
          </Button>
          {chosen.length > AT_ONCE ? (
            <span className={classes.dim} role="status">
              <Trans>На один лист помещается не больше {AT_ONCE} договоров.</Trans>
            </span>
          ) : null}
        </div>
        <QueryBlock
          query={contracts}
          height={300}
          isEmpty={(items) => items.length === 0}
          empty={
            number === "" ? (
              <Empty
                title={t`Договоров пока нет`}
                hint={t`Создайте договор здесь или загрузите их файлом.`}
              />
            ) : (
              <Empty title={t`Договоров с таким номером нет`} hint={t`Проверьте начало номера.`} />
            )
          }
        >
          {(items) => (
            <ContractsTable
              contracts={items}
              chosen={chosen}
              onChoose={setChosen}
              onIssue={(contract) => setAsked([contract])}
            />
          )}
        </QueryBlock>
        <MoreButton query={contracts} />
      </Block>
      {creating ? (
        <NewContractDialog
          onCreated={(contract) => {
            setCreating(false);
            setCreated(contract);
          }}
          onClose={() => setCreating(false)}
        />
      ) : null}
      {asked.length === 0 ? null : (
        <StepUpProvider>
          <IssueDialog contracts={asked} onIssued={onIssued} onClose={() => setAsked([])} />
        </StepUpProvider>
      )}
    </>
  );
}

/** What is searched for stands in the address; it changes when typing pauses. */
function NumberSearch({ number }: { number: string }) {
  const { t } = useLingui();
  const navigate = useNavigate({ from: "/operator/contracts" });
  const [typed, setTyped] = useState(number);
  const search = useDebouncedCallback((wanted: string) => {
    void navigate({ search: wanted === "" ? {} : { number: wanted }, replace: true });
  }, TYPING_PAUSE_MS);
  return (
    <TextInput
      className={classes.search ?? ""}
      label={t`Номер договора начинается с`}
      leftSection={<IconSearch size={18} aria-hidden />}
      type="search"
      maxLength={50}
      value={typed}
      onChange={({ currentTarget: { value } }) => {
        setTyped(value);
        search(value.trim());
      }}
    />
  );
}
