/** The found contracts, to be chosen for a sheet; at each what can be done with it alone. */
import { Plural, Trans, useLingui } from "@lingui/react/macro";
import { ActionIcon, Badge, Checkbox, Menu } from "@mantine/core";
import { IconDots, IconKey, IconLock, IconLockOpen } from "@tabler/icons-react";
import { useState } from "react";
import type { OperatorContract } from "../../shared/api/types";
import { useFormat } from "../../shared/i18n/useFormat";
import { PORTAL_ZONE } from "../../shared/time/zone";
import { ClosingDialog } from "./ClosingDialog";
import classes from "./operator.module.css";

type Contracts = readonly OperatorContract[];

export function ContractsTable(props: {
  contracts: Contracts;
  chosen: Contracts;
  onChoose: (chosen: Contracts) => void;
  onIssue: (contract: OperatorContract) => void;
}) {
  const { contracts, chosen, onChoose, onIssue } = props;
  const { t } = useLingui();
  const [closing, setClosing] = useState<OperatorContract | null>(null);
  const open = contracts.filter(({ closed }) => !closed);
  const isChosen = ({ id }: OperatorContract) => chosen.some((contract) => contract.id === id);
  const without = (gone: Contracts) =>
    chosen.filter(({ id }) => !gone.some((contract) => contract.id === id));
  const all = open.length > 0 && open.every(isChosen);
  return (
    <>
      <table className={classes.table}>
        <thead>
          <tr>
            <th className={classes.narrow}>
              <Checkbox
                aria-label={t`Выбрать все показанные`}
                checked={all}
                indeterminate={!all && open.some(isChosen)}
                disabled={open.length === 0}
                onChange={() => onChoose(all ? without(open) : [...without(open), ...open])}
              />
            </th>
            <th>
              <Trans>Номер и логин</Trans>
            </th>
            <th className={classes.state}>
              <Trans>Состояние</Trans>
            </th>
            <th className={classes.wide}>
              <Trans>Создан</Trans>
            </th>
            <th className={classes.narrow}>
              <span className={classes.unseen}>
                <Trans>Действия</Trans>
              </span>
            </th>
          </tr>
        </thead>
        <tbody>
          {contracts.map((contract) => (
            <ContractRow
              key={contract.id}
              contract={contract}
              chosen={isChosen(contract)}
              onChoose={() =>
                onChoose(isChosen(contract) ? without([contract]) : [...without([contract]), contract])
              }
              onIssue={() => onIssue(contract)}
              onClosing={() => setClosing(contract)}
            />
          ))}
        </tbody>
      </table>
      {closing === null ? null : <ClosingDialog contract={closing} onClose={() => setClosing(null)} />}
    </>
  );
}

function ContractRow(props: {
  contract: OperatorContract;
  chosen: boolean;
  onChoose: () => void;
  onIssue: () => void;
  onClosing: () => void;
}) {
  const { contract, chosen, onChoose, onIssue, onClosing } = props;
  const { t } = useLingui();
  const format = useFormat();
  const { number, login, closed, has_password: hasPassword, users } = contract;
  return (
    <tr data-over={closed || undefined}>
      <td>
        <Checkbox
          aria-label={t`Выбрать договор ${number}`}
          checked={chosen && !closed}
          disabled={closed}
          onChange={onChoose}
        />
      </td>
      <td>
        <span className={classes.number}>{number}</span>
        <span className={classes.dim}>{login}</span>
      </td>
      <td>
        {closed ? (
          <Badge color="gray" variant="light">
            <Trans>ЗАКРЫТ</Trans>
          </Badge>
        ) : hasPassword ? (
          <Badge color="green" variant="light">
            <Trans>ПАРОЛЬ ВЫДАН</Trans>
          </Badge>
        ) : (
          <Badge color="blue" variant="light">
            <Trans>НЕТ ПАРОЛЯ</Trans>
          </Badge>
        )}
        <span className={classes.users}>
          <Plural
            value={users}
            _0="никто не видит"
            one="видит # человек"
            few="видят # человека"
            many="видят # человек"
            other="видят # человека"
          />
        </span>
      </td>
      <td className={classes.wide}>{format.date(contract.created_at, PORTAL_ZONE)}</td>
      <td>
        <Menu position="bottom-end" width={240} withinPortal={false} withInitialFocusPlaceholder={false}>
          <Menu.Target>
            <ActionIcon
              variant="subtle"
              color="gray"
              size={36}
              aria-label={t`Действия с договором ${number}`}
            >
              <IconDots size={20} aria-hidden />
            </ActionIcon>
          </Menu.Target>
          <Menu.Dropdown>
            {closed ? null : (
              <Menu.Item leftSection={<IconKey size={18} aria-hidden />} onClick={onIssue}>
                {hasPassword ? <Trans>Выдать новый пароль</Trans> : <Trans>Выдать пароль</Trans>}
              </Menu.Item>
            )}
            <Menu.Item
              leftSection={
                closed ? <IconLockOpen size={18} aria-hidden /> : <IconLock size={18} aria-hidden />
              }
              onClick={onClosing}
            >
              {closed ? <Trans>Открыть снова</Trans> : <Trans>Закрыть договор</Trans>}
            </Menu.Item>
          </Menu.Dropdown>
        </Menu>
      </td>
    </tr>
  );
}
