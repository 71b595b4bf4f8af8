/** Where the user is signed in, with device, address and last use; each can be ended, or all others at once. */
import { Trans, useLingui } from "@lingui/react/macro";
import { Badge, Button } from "@mantine/core";
import { fetchClient } from "../../shared/api/client";
import type { PortalSession } from "../../shared/api/types";
import { useFormat } from "../../shared/i18n/useFormat";
import { Refusal } from "../../shared/security/Refusal";
import { useConfirmedMutation } from "../../shared/security/StepUp";
import { READER_ZONE } from "../../shared/time/zone";
import { Block } from "../../shared/ui/Block";
import rows from "../../shared/ui/rows.module.css";
import { QueryBlock } from "../../shared/ui/states";
import { isUnknown } from "./device";
import { usePortalSessions, useRefreshAccount } from "./queries";

export function SessionsBlock() {
  const { t } = useLingui();
  const sessions = usePortalSessions();
  const refresh = useRefreshAccount();
  const endOthers = useConfirmedMutation(
    (_: null) => fetchClient.DELETE("/api/v1/me/sessions", { params: { query: { keep_current: true } } }),
    { onSuccess: refresh },
  );
  const hasOthers = sessions.data?.items.some(({ current }) => !current) === true;
  return (
    <Block title={t`Сеансы и устройства`}>
      <Refusal error={endOthers.error} />
      <QueryBlock query={sessions} height={140}>
        {({ items }) => (
          <ul className={rows.list}>
            {items.map((session) => (
              <SessionRow key={session.id} session={session} />
            ))}
          </ul>
        )}
      </QueryBlock>
      {hasOthers ? (
        <Button
          mt="sm"
          variant="light"
          color="red"
          loading={endOthers.isPending}
          onClick={() => endOthers.mutate(null)}
        >
          <Trans>ЗАВЕРШИТЬ ВСЕ ОСТАЛЬНЫЕ</Trans>
        </Button>
      ) : null}
    </Block>
  );
}

function SessionRow({ session }: { session: PortalSession }) {
  const { t } = useLingui();
  const format = useFormat();
  const refresh = useRefreshAccount();
  const end = useConfirmedMutation(
    (id: string) =>
      fetchClient.DELETE("/api/v1/me/sessions/{session_id}", { params: { path: { session_id: id } } }),
    { onSuccess: refresh },
  );
  const device = isUnknown(session.device) ? t`Неизвестное устройство` : session.device;
  return (
    <li className={rows.row}>
      <div>
        <div className={rows.name}>
          {device}
          {session.current ? (
            <Badge color="green" variant="light">
              <Trans>ЭТОТ СЕАНС</Trans>
            </Badge>
          ) : null}
        </div>
        <div className={rows.dim}>
          {session.address === null ? null : `${session.address} · `}
          <Trans>
            вход {format.dateTime(session.created_at, READER_ZONE)}, последнее действие{" "}
            {format.dateTime(session.last_used_at, READER_ZONE)}
          </Trans>
        </div>
        <Refusal error={end.error} />
      </div>
      {session.current ? null : (
        <Button
          variant="default"
          size="sm"
          loading={end.isPending}
          aria-label={t`Завершить сеанс: ${device}`}
          onClick={() => end.mutate(session.id)}
        >
          <Trans>Завершить</Trans>
        </Button>
      )}
    </li>
  );
}
