/** Who else may look at a contract: invitations to read it, each with its end. */
import "./contracts.css";
import { Trans, useLingui } from "@lingui/react/macro";
import { Badge, Button, Text } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { useState } from "react";
import { api } from "../../shared/api/client";
import { useInvitations } from "../../shared/api/lists";
import type { Invitation } from "../../shared/api/types";
import { useContractZone } from "../../shared/api/useContractZone";
import { ConfirmDialog } from "../../shared/dialog/ConfirmDialog";
import { useFormat } from "../../shared/i18n/useFormat";
import { Refusal } from "../../shared/security/Refusal";
import { Block } from "../../shared/ui/Block";
import { PageTitle } from "../../shared/ui/PageTitle";
import rows from "../../shared/ui/rows.module.css";
import { Empty, MoreButton, QueryBlock } from "../../shared/ui/states";
import classes from "./contracts.module.css";
import { InvitationForm } from "./InvitationForm";

export function SharingPage() {
  const { t } = useLingui();
  const { contractId } = useParams({ from: "/signed-in/contracts/$contractId/sharing" });
  const invitations = useInvitations(contractId);
  return (
    <>
      <PageTitle title={t`Доступ для других`} />
      <div className={classes.column}>
        <Block title={t`Пригласить`}>
          <InvitationForm contractId={contractId} />
        </Block>
        <Block title={t`Приглашения`}>
          <QueryBlock
            query={invitations}
            height={120}
            isEmpty={(items) => items.length === 0}
            empty={<Empty title={t`Этот договор видите только вы`} />}
          >
            {(items) => (
              <ul className={rows.list}>
                {items.map((invitation) => (
                  <InvitationRow key={invitation.id} contractId={contractId} invitation={invitation} />
                ))}
              </ul>
            )}
          </QueryBlock>
          <MoreButton query={invitations} />
        </Block>
      </div>
    </>
  );
}

function InvitationRow({ contractId, invitation }: { contractId: string; invitation: Invitation }) {
  const { t } = useLingui();
  const format = useFormat();
  const zone = useContractZone(contractId);
  const queryClient = useQueryClient();
  const [asking, setAsking] = useState(false);
  const path = "/api/v1/contracts/{contract_id}/invitations/{invitation_id}";
  const withdraw = api.useMutation("delete", path, {
    onSuccess: () =>
      queryClient.invalidateQueries({ queryKey: ["get", "/api/v1/contracts/{contract_id}/invitations"] }),
  });
  const states: Record<Invitation["state"], [string, string]> = {
    pending: ["blue", t`ОЖИДАЕТ`],
    accepted: ["green", t`ПРИНЯТО`],
    expired: ["gray", t`ИСТЕКЛО`],
    withdrawn: ["gray", t`ОТОЗВАНО`],
  };
  const [color, state] = states[invitation.state];
  const alive = invitation.state === "pending" || invitation.state === "accepted";
  const end = () => {
    setAsking(false);
    withdraw.mutate({
      params: { path: { contract_id: contractId, invitation_id: invitation.id } },
    });
  };
  return (
    <li className={rows.row}>
      <div>
        <div className={rows.name}>
          {invitation.email}
          <Badge color={color} variant="light">
            {state}
          </Badge>
        </div>
        <div className={rows.dim}>
          <Trans>доступ до {format.day(invitation.expires_on)}</Trans>
          {invitation.last_used_at === null ? null : (
            <Trans>, последний просмотр {format.dateTime(invitation.last_used_at, zone)}</Trans>
          )}
        </div>
        <Refusal error={withdraw.error} />
      </div>
      {alive ? (
        <Button
          variant="default"
          size="sm"
          loading={withdraw.isPending}
          aria-label={t`Отозвать: ${invitation.email}`}
          onClick={() => setAsking(true)}
        >
          <Trans>Отозвать</Trans>
        </Button>
      ) : null}
      {asking ? (
        <ConfirmDialog
          title={t`Отозвать доступ?`}
          action={<Trans>ОТОЗВАТЬ</Trans>}
          busy={false}
          onConfirm={end}
          onClose={() => setAsking(false)}
        >
          <Text>
            <Trans>{invitation.email} больше не увидит этот договор.</Trans>
          </Text>
        </ConfirmDialog>
      ) : null}
    </li>
  );
}
