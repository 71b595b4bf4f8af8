/** «Ключи API»: keys with which the user's own programs read the user's own contracts. */
import { Trans, useLingui } from "@lingui/react/macro";
import { Badge, Button, Stack, Text } from "@mantine/core";
import { useState } from "react";
import { fetchClient } from "../../shared/api/client";
import { useContracts } from "../../shared/api/lists";
import type { ApiKey } from "../../shared/api/types";
import { ConfirmDialog } from "../../shared/dialog/ConfirmDialog";
import { Dialog } from "../../shared/dialog/Dialog";
import { useFormat } from "../../shared/i18n/useFormat";
import { Refusal } from "../../shared/security/Refusal";
import { useConfirmedMutation } from "../../shared/security/StepUp";
import { READER_ZONE } from "../../shared/time/zone";
import { Block } from "../../shared/ui/Block";
import rows from "../../shared/ui/rows.module.css";
import { Empty, QueryBlock } from "../../shared/ui/states";
import { ApiKeyForm } from "./ApiKeyForm";
import classes from "./account.module.css";
import { CopyButton } from "./CopyButton";
import { isOver, useApiKeys, useRefreshAccount } from "./queries";

export function ApiKeysTab() {
  const { t } = useLingui();
  const keys = useApiKeys();
  const contracts = useContracts();
  const [made, setMade] = useState<string | null>(null);
  return (
    <div className={classes.column}>
      <Block title={t`Ваши ключи`}>
        <QueryBlock
          query={keys}
          height={120}
          isEmpty={({ items }) => items.length === 0}
          empty={
            <Empty
              title={t`Ключей пока нет`}
              hint={t`С ключом ваша программа читает данные выбранных договоров и ничего не меняет.`}
            />
          }
        >
          {({ items }) => (
            <ul className={rows.list}>
              {items.map((item) => (
                <ApiKeyRow key={item.id} item={item} />
              ))}
            </ul>
          )}
        </QueryBlock>
      </Block>
      <Block title={t`Новый ключ`}>
        <QueryBlock
          query={contracts}
          height={240}
          isEmpty={(items) => items.length === 0}
          empty={<Empty title={t`Сначала добавьте договор`} />}
        >
          {(items) => <ApiKeyForm contracts={items} onMade={setMade} />}
        </QueryBlock>
      </Block>
      {made === null ? null : (
        <Dialog title={t`Ключ создан`} onClose={() => setMade(null)}>
          <Stack gap="md" align="flex-start">
            <Text size="sm">
              <Trans>Сохраните ключ сейчас: больше он не будет показан.</Trans>
            </Text>
            <div className={classes.secret}>{made}</div>
            <CopyButton text={made} />
          </Stack>
        </Dialog>
      )}
    </div>
  );
}

function ApiKeyRow({ item }: { item: ApiKey }) {
  const { t } = useLingui();
  const format = useFormat();
  const contracts = useContracts();
  const refresh = useRefreshAccount();
  const [asking, setAsking] = useState(false);
  const revoke = useConfirmedMutation(
    (id: string) =>
      fetchClient.DELETE("/api/v1/me/api-keys/{api_key_id}", { params: { path: { api_key_id: id } } }),
    { onSuccess: refresh },
  );
  const over = isOver(item);
  const names = item.contract_ids
    .map((id) => contracts.data?.find((contract) => contract.id === id)?.name)
    .filter((name) => name !== undefined);
  return (
    <li className={rows.row}>
      <div>
        <div className={rows.name}>
          {item.name}
          {item.revoked_at !== null ? (
            <Badge color="gray" variant="light">
              <Trans>ОТОЗВАН</Trans>
            </Badge>
          ) : over ? (
            <Badge color="gray" variant="light">
              <Trans>ИСТЁК</Trans>
            </Badge>
          ) : null}
        </div>
        <div className={rows.dim}>
          <Trans>действует до {format.date(item.expires_at, READER_ZONE)}</Trans>
          {item.last_used_at === null ? (
            <Trans>, ещё не использован</Trans>
          ) : (
            <Trans>, последний раз {format.dateTime(item.last_used_at, READER_ZONE)}</Trans>
          )}
        </div>
        <div className={rows.dim}>{names.join(", ")}</div>
        <Refusal error={revoke.error} />
      </div>
      {over ? null : (
        <Button
          variant="default"
          size="sm"
          loading={revoke.isPending}
          aria-label={t`Отозвать: ${item.name}`}
          onClick={() => setAsking(true)}
        >
          <Trans>Отозвать</Trans>
        </Button>
      )}
      {asking ? (
        <ConfirmDialog
          title={t`Отозвать ключ?`}
          action={<Trans>ОТОЗВАТЬ</Trans>}
          busy={false}
          onConfirm={() => {
            setAsking(false);
            revoke.mutate(item.id);
          }}
          onClose={() => setAsking(false)}
        >
          <Text>
            <Trans>Программы с ключом «{item.name}» сразу потеряют доступ.</Trans>
          </Text>
        </ConfirmDialog>
      ) : null}
    </li>
  );
}
