/** Corrections of values: those that wait for a second person, and what became of the others. */
import "./accounting.css";
import { Trans, useLingui } from "@lingui/react/macro";
import { Alert, NativeSelect } from "@mantine/core";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useState } from "react";
import type { Edit } from "../../shared/api/types";
import { PORTAL_ZONE } from "../../shared/time/zone";
import { RecordsAsOf } from "../../shared/ui/AsOf";
import { Block } from "../../shared/ui/Block";
import { PageTitle } from "../../shared/ui/PageTitle";
import rows from "../../shared/ui/rows.module.css";
import { Empty, MoreButton, QueryBlock } from "../../shared/ui/states";
import classes from "./accounting.module.css";
import { EditRow } from "./EditRow";
import { useEdits } from "./lists";
import type { EditState } from "./search";

export function EditsPage() {
  const { t } = useLingui();
  const { state = "pending" } = useSearch({ from: "/signed-in/operator/edits" });
  const navigate = useNavigate({ from: "/operator/edits" });
  const query = useEdits(state);
  const [made, setMade] = useState<Edit | null>(null);
  return (
    <>
      <PageTitle title={t`Исправления`} />
      {made === null ? null : (
        <Alert color="green" variant="light" role="status" className={classes.notice ?? ""}>
          {made.state === "withdrawn" ? (
            <Trans>Исправление отозвано, значения прежние.</Trans>
          ) : made.state === "pending" ? (
            <Trans>Принято. Изменение большое, поэтому ждёт подтверждения второго сотрудника.</Trans>
          ) : (
            <Trans>Принято. Прежние значения появятся через несколько секунд.</Trans>
          )}
        </Alert>
      )}
      <Block title={t`Исправления значений`}>
        <div className={classes.bar}>
          <NativeSelect
            label={t`Состояние`}
            value={state}
            onChange={({ currentTarget: { value } }) =>
              void navigate({ search: { state: value as EditState }, replace: true })
            }
            data={[
              { value: "pending", label: t`Ждут второго сотрудника` },
              { value: "approved", label: t`Приняты, записываются` },
              { value: "applied", label: t`Записаны` },
              { value: "refused", label: t`Отклонены` },
              { value: "withdrawn", label: t`Отозваны` },
            ]}
          />
        </div>
        <QueryBlock
          query={query}
          height={240}
          isEmpty={(items) => items.length === 0}
          empty={
            <Empty
              title={state === "pending" ? t`Решения никто не ждёт` : t`Таких исправлений нет`}
              hint={t`Исправления начинаются на странице «Вопросы к значениям».`}
            />
          }
        >
          {(items) => (
            <ul className={rows.list}>
              {items.map((edit) => (
                <EditRow key={edit.id} edit={edit} onWithdrawn={setMade} />
              ))}
            </ul>
          )}
        </QueryBlock>
        <MoreButton query={query} />
        <RecordsAsOf at={query.asOf} zone={PORTAL_ZONE} />
      </Block>
    </>
  );
}
