/** «Уведомления» of a contract (manual, chapter 3.6): opening one reads it, and the mark goes. */
import { Trans, useLingui } from "@lingui/react/macro";
import { Badge } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { api } from "../../shared/api/client";
import { useNotifications } from "../../shared/api/lists";
import type { Notification } from "../../shared/api/types";
import { useContractZone } from "../../shared/api/useContractZone";
import { useFormat } from "../../shared/i18n/useFormat";
import { Block } from "../../shared/ui/Block";
import { TextLink } from "../../shared/ui/links";
import { PageTitle } from "../../shared/ui/PageTitle";
import { Empty, MoreButton, QueryBlock } from "../../shared/ui/states";
import { useProblemText } from "../../shared/ui/useProblemText";
import classes from "./notifications.module.css";

/** The kind of notice of a link that has ended: the contract's own page leads to linking it anew. */
const REVOKED = "contract_revoked";

export function NotificationsPage() {
  const { t } = useLingui();
  const { contractId } = useParams({ from: "/signed-in/contracts/$contractId/notifications" });
  const zone = useContractZone(contractId);
  const query = useNotifications(contractId);
  return (
    <>
      <PageTitle title={t`Уведомления`} />
      <Block title={t`По этому договору`}>
        <QueryBlock
          query={query}
          height={240}
          isEmpty={(items) => items.length === 0}
          empty={
            <Empty
              title={t`Уведомлений нет`}
              hint={t`Здесь появятся сообщения поставщика и приборов учета.`}
            />
          }
        >
          {(items) => (
            <ul className={classes.list}>
              {items.map((item) => (
                <Row key={item.id} item={item} zone={zone} />
              ))}
            </ul>
          )}
        </QueryBlock>
        <MoreButton query={query} />
      </Block>
    </>
  );
}

function Row({ item, zone }: { item: Notification; zone: string }) {
  const format = useFormat();
  const problemText = useProblemText();
  const queryClient = useQueryClient();
  const read = api.useMutation("post", "/api/v1/notifications/{notification_id}/read", {
    onSuccess: () =>
      Promise.all([
        queryClient.invalidateQueries({ queryKey: ["get", "/api/v1/notifications"] }),
        queryClient.invalidateQueries({ queryKey: ["get", "/api/v1/notifications/unread-counts"] }),
      ]),
  });
  const unread = item.read_at === null && !read.isSuccess;
  const open = (isOpen: boolean) => {
    if (isOpen && unread && !read.isPending) {
      read.mutate({ params: { path: { notification_id: item.id } } });
    }
  };
  return (
    <li>
      <details className={classes.item} onToggle={(event) => open(event.currentTarget.open)}>
        <summary className={classes.summary} data-unread={unread || undefined}>
          <span className={classes.date}>{format.dateTime(item.created_at, zone)}</span>
          <span className={classes.title}>{item.title}</span>
          {unread ? (
            <Badge color="red" variant="light">
              <Trans>НЕ ПРОЧИТАНО</Trans>
            </Badge>
          ) : null}
        </summary>
        <p className={classes.text}>{item.text}</p>
        {item.kind === REVOKED && item.contract_id !== null ? (
          <p className={classes.text}>
            <TextLink to="/contracts/$contractId" params={{ contractId: item.contract_id }}>
              <Trans>Добавить договор снова</Trans>
            </TextLink>
          </p>
        ) : null}
        {read.error ? (
          <p className={classes.text} role="alert">
            {problemText(read.error)}
          </p>
        ) : null}
      </details>
    </li>
  );
}
