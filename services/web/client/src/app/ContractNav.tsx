/** «Раздел договоров» of the manual: name, supplier, number of each contract, unread mark, three dots, green button to add one. */
import { Trans, useLingui } from "@lingui/react/macro";
import { Button, Skeleton, Stack } from "@mantine/core";
import { IconPlus } from "@tabler/icons-react";
import { Link, useParams } from "@tanstack/react-router";
import { api } from "../shared/api/client";
import { useContracts } from "../shared/api/lists";
import type { Contract } from "../shared/api/types";
import { ButtonLink } from "../shared/ui/links";
import { ContractMenu } from "./ContractMenu";
import classes from "./SideNav.module.css";

export function ContractNav() {
  const { t } = useLingui();
  const { contractId } = useParams({ strict: false });
  const query = useContracts();
  const unread = api.useQuery("get", "/api/v1/notifications/unread-counts");
  const unreadOf = (id: string) => unread.data?.items.find((item) => item.contract_id === id)?.count ?? 0;

  return (
    <nav aria-label={t`Договоры`} className={classes.nav}>
      {query.data === undefined && query.error === null ? (
        <Stack gap="xs" aria-hidden>
          <Skeleton height={84} className={classes.skeleton ?? ""} />
          <Skeleton height={84} className={classes.skeleton ?? ""} />
        </Stack>
      ) : null}
      {query.error && query.data === undefined ? (
        <p className={classes.failed} role="alert">
          <Trans>Список договоров не загрузился.</Trans>{" "}
          <button type="button" onClick={() => void query.refetch()}>
            <Trans>Повторить</Trans>
          </button>
        </p>
      ) : null}
      <ul className={classes.list}>
        {query.data?.map((contract) => (
          <li key={contract.id} className={classes.contract}>
            <Link
              to="/contracts/$contractId"
              params={{ contractId: contract.id }}
              className={classes.item}
              data-revoked={contract.state === "revoked" || undefined}
              data-active={contract.id === contractId || undefined}
              aria-current={contract.id === contractId ? "true" : undefined}
            >
              <span className={classes.name}>{contract.name}</span>
              <span className={classes.line}>{contract.supplier.name}</span>
              <span className={classes.line}>{contract.number}</span>
              <LinkNote contract={contract} />
              {unreadOf(contract.id) > 0 ? (
                <span
                  className={classes.unread}
                  role="img"
                  aria-label={t`Непрочитанных: ${unreadOf(contract.id)}`}
                >
                  {unreadOf(contract.id)}
                </span>
              ) : null}
            </Link>
            <ContractMenu contract={contract} />
          </li>
        ))}
      </ul>
      {query.hasNextPage ? (
        <Button
          variant="subtle"
          color="gray"
          size="sm"
          loading={query.isFetchingNextPage}
          onClick={() => void query.fetchNextPage()}
        >
          <Trans>Показать ещё</Trans>
        </Button>
      ) : null}
      <ButtonLink to="/contracts/new" fullWidth leftSection={<IconPlus size={18} aria-hidden />}>
        <Trans>ДОБАВИТЬ ДОГОВОР</Trans>
      </ButtonLink>
    </nav>
  );
}

/** What is other than usual about the link to a contract: why it ended, or that it only shows. */
function LinkNote({ contract }: { contract: Contract }) {
  const { t } = useLingui();
  const reasons: Record<NonNullable<Contract["state_reason"]>, string> = {
    password_changed: t`поставщик сменил пароль`,
    share_expired: t`срок доступа истёк`,
    share_ended: t`владелец закрыл доступ`,
  };
  const note =
    contract.state === "linked"
      ? contract.rights === "read"
        ? t`только просмотр`
        : null
      : ((contract.state_reason === null ? undefined : reasons[contract.state_reason]) ??
        t`доступ прекращён`);
  return note === null ? null : <span className={classes.note}>{note}</span>;
}
