/** One correction: what, why, by whom it waits to be decided; another person confirms or refuses it. */
import { Trans, useLingui } from "@lingui/react/macro";
import { Button } from "@mantine/core";
import { useState } from "react";
import { api } from "../../shared/api/client";
import { usePoint } from "../../shared/api/points";
import { sessionUser } from "../../shared/api/session";
import type { Edit, EditSummary } from "../../shared/api/types";
import { ConfirmDialog } from "../../shared/dialog/ConfirmDialog";
import { useFormat } from "../../shared/i18n/useFormat";
import { Refusal } from "../../shared/security/Refusal";
import { PORTAL_ZONE } from "../../shared/time/zone";
import rows from "../../shared/ui/rows.module.css";
import sheet from "../../shared/ui/sheet.module.css";
import classes from "./accounting.module.css";
import { EditValues } from "./EditValues";
import { useRefreshDecisions } from "./lists";
import { useAccountingText } from "./useAccountingText";
import { WithdrawDialog } from "./WithdrawDialog";

export function EditRow({ edit, onWithdrawn }: { edit: EditSummary; onWithdrawn: (made: Edit) => void }) {
  const { t } = useLingui();
  const format = useFormat();
  const point = usePoint(edit.point_id);
  const [open, setOpen] = useState(false);
  const kinds: Record<EditSummary["kind"], string> = {
    values: t`Другие значения`,
    accept: t`Значения подтверждены`,
    restore: t`Прежние значения возвращены`,
  };
  const zone = point.data?.time_zone ?? PORTAL_ZONE;
  const delta = `${edit.delta_wh > 0 ? "+" : ""}${format.number(edit.delta_wh / 1000, 3)}`;
  return (
    <li className={rows.row}>
      <div>
        <div className={rows.name}>
          {kinds[edit.kind]} · {point.data?.name ?? "…"}
        </div>
        <div>
          <Trans>
            за {format.month(edit.month)}: {delta} кВт·ч к {format.number(edit.month_wh / 1000, 3)} кВт·ч
            месяца
          </Trans>
        </div>
        <div>
          <Trans>Причина: {edit.reason}</Trans>
          {edit.document === null ? null : (
            <>
              {" · "}
              <Trans>Документ: {edit.document}</Trans>
            </>
          )}
        </div>
        <div className={rows.dim}>
          <Trans>
            внесено {format.dateTime(edit.asked_at, zone)}, время {zone}
          </Trans>
          {edit.decided_at === null ? null : (
            <>
              {" · "}
              <Trans>решено {format.dateTime(edit.decided_at, zone)}</Trans>
            </>
          )}
        </div>
        <details onToggle={(event) => setOpen(event.currentTarget.open)}>
          <summary className={sheet.more}>
            <Trans>Получасы до и после</Trans>
          </summary>
          {open ? <EditValues editId={edit.id} zone={zone} /> : null}
        </details>
      </div>
      {edit.state === "pending" && edit.asked_by !== sessionUser()?.id ? <Decision edit={edit} /> : null}
      {canBeWithdrawn(edit) ? <Withdrawal edit={edit} onWithdrawn={onWithdrawn} /> : null}
    </li>
  );
}

/** One's own that waits, or anybody's that is written; what puts back is put back by a new correction. */
function canBeWithdrawn({ state, kind, asked_by: askedBy }: EditSummary): boolean {
  return state === "pending" ? askedBy === sessionUser()?.id : state === "applied" && kind !== "restore";
}

function Withdrawal({ edit, onWithdrawn }: { edit: EditSummary; onWithdrawn: (made: Edit) => void }) {
  const [asked, setAsked] = useState(false);
  const waits = edit.state === "pending";
  return (
    <div className={classes.actions}>
      {waits ? (
        <p className={rows.dim}>
          <Trans>Внесли вы: решит другой сотрудник</Trans>
        </p>
      ) : null}
      <Button size="sm" variant="default" onClick={() => setAsked(true)}>
        {waits ? <Trans>Отозвать исправление</Trans> : <Trans>Вернуть прежние значения</Trans>}
      </Button>
      {asked ? (
        <WithdrawDialog
          edit={edit}
          onDone={(made) => {
            setAsked(false);
            onWithdrawn(made);
          }}
          onClose={() => setAsked(false)}
        />
      ) : null}
    </div>
  );
}

function Decision({ edit }: { edit: EditSummary }) {
  const { t } = useLingui();
  const textOf = useAccountingText();
  const refresh = useRefreshDecisions();
  const [asked, setAsked] = useState<"confirm" | "refuse" | null>(null);
  const params = { params: { path: { edit_id: edit.id } } };
  const after = {
    onSuccess: async () => {
      setAsked(null);
      await refresh();
    },
  };
  const confirm = api.useMutation("post", "/api/v1/operator/edits/{edit_id}/confirm");
  const refuse = api.useMutation("post", "/api/v1/operator/edits/{edit_id}/refuse");
  return (
    <div className={classes.actions}>
      <Button size="sm" onClick={() => setAsked("confirm")}>
        <Trans>Подтвердить</Trans>
      </Button>
      <Button size="sm" variant="default" onClick={() => setAsked("refuse")}>
        <Trans>Отклонить</Trans>
      </Button>
      {asked === null ? null : (
        <ConfirmDialog
          title={asked === "confirm" ? t`Подтвердить исправление?` : t`Отклонить исправление?`}
          action={asked === "confirm" ? <Trans>ПОДТВЕРДИТЬ</Trans> : <Trans>ОТКЛОНИТЬ</Trans>}
          busy={confirm.isPending || refuse.isPending}
          onConfirm={() => (asked === "confirm" ? confirm : refuse).mutate(params, after)}
          onClose={() => {
            confirm.reset();
            refuse.reset();
            setAsked(null);
          }}
        >
          <Refusal error={confirm.error ?? refuse.error} textOf={textOf} />
          {asked === "confirm" ? (
            <Trans>Новые значения уйдут в сутки и поставщику. Прежние останутся в истории.</Trans>
          ) : (
            <Trans>Значения останутся прежними. Исправление можно внести заново.</Trans>
          )}
        </ConfirmDialog>
      )}
    </div>
  );
}
