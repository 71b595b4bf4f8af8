/** Who else has looked at the data of a contract: the supplier's staff, guests, programs with API keys. */
import { Plural, Trans, useLingui } from "@lingui/react/macro";
import { useParams } from "@tanstack/react-router";
import { useAccesses, useContracts, useInvitations } from "../../shared/api/lists";
import type { DataAccess } from "../../shared/api/types";
import { useContractZone } from "../../shared/api/useContractZone";
import { useFormat } from "../../shared/i18n/useFormat";
import { Block } from "../../shared/ui/Block";
import { PageTitle } from "../../shared/ui/PageTitle";
import rows from "../../shared/ui/rows.module.css";
import { Empty, MoreButton, QueryBlock } from "../../shared/ui/states";
import classes from "./contracts.module.css";
import { useAreaName, useReaderName } from "./useAccessNames";

export function AccessesPage() {
  const { t } = useLingui();
  const { contractId } = useParams({ from: "/signed-in/contracts/$contractId/accesses" });
  const accesses = useAccesses(contractId);
  const zone = useContractZone(contractId);
  const contract = useContracts().data?.find(({ id }) => id === contractId);
  const invitations = useInvitations(contractId, contract?.rights === "full");
  const guestOf = ({ invitation_id }: DataAccess) =>
    invitations.data?.find(({ id }) => id === invitation_id)?.email;
  return (
    <>
      <PageTitle title={t`Кто смотрел данные`} />
      <div className={classes.column}>
        <Block title={t`За последний год`}>
          <QueryBlock
            query={accesses}
            height={240}
            isEmpty={(items) => items.length === 0}
            empty={
              <Empty
                title={t`Кроме вас, данные никто не смотрел`}
                hint={t`Здесь появятся просмотры сотрудников поставщика, гостей и программ с ключами API.`}
              />
            }
          >
            {(items) => (
              <ul className={rows.list}>
                {items.map((access) => (
                  <AccessRow key={access.id} access={access} guest={guestOf(access)} zone={zone} />
                ))}
              </ul>
            )}
          </QueryBlock>
          <MoreButton query={accesses} />
        </Block>
      </div>
    </>
  );
}

function AccessRow(props: { access: DataAccess; guest: string | undefined; zone: string }) {
  const { access, guest, zone } = props;
  const format = useFormat();
  const readerName = useReaderName();
  const areaName = useAreaName();
  return (
    <li className={rows.event}>
      <span className={rows.date}>{format.dateTime(access.last_at, zone)}</span>
      <span>
        {guest === undefined ? readerName(access) : `${readerName(access)}: ${guest}`}
        <br />
        <span className={rows.dim}>
          {areaName(access.area)}
          {access.times > 1 ? (
            <>
              {", "}
              <Plural value={access.times} one="# раз" few="# раза" many="# раз" other="# раза" />
              <Trans> с {format.time(access.first_at, zone)}</Trans>
            </>
          ) : null}
        </span>
      </span>
    </li>
  );
}
