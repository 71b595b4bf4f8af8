/** What the checks found on the supplier's points: rule, value and limit in words; a person confirms or corrects. */
import "./accounting.css";
import { Trans, useLingui } from "@lingui/react/macro";
import { Alert, Button, NativeSelect } from "@mantine/core";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useState } from "react";
import type { Edit, PointVerdict } from "../../shared/api/types";
import { useFormat } from "../../shared/i18n/useFormat";
import { PORTAL_ZONE } from "../../shared/time/zone";
import { RecordsAsOf } from "../../shared/ui/AsOf";
import { Block } from "../../shared/ui/Block";
import { PageTitle } from "../../shared/ui/PageTitle";
import rows from "../../shared/ui/rows.module.css";
import { Empty, MoreButton, QueryBlock } from "../../shared/ui/states";
import { AcceptDialog } from "./AcceptDialog";
import classes from "./accounting.module.css";
import { CorrectDialog } from "./CorrectDialog";
import { HalfHours } from "./HalfHours";
import { useVerdicts } from "./lists";
import type { Severity, VerdictState } from "./search";
import { useVerdictWords } from "./useVerdictWords";

interface Asked {
  verdict: PointVerdict;
  decision: "accept" | "correct";
}

export function QuestionsPage() {
  const { t } = useLingui();
  const { state = "open", severity = "question" } = useSearch({ from: "/signed-in/operator/questions" });
  const navigate = useNavigate({ from: "/operator/questions" });
  const [asked, setAsked] = useState<Asked | null>(null);
  const [made, setMade] = useState<Edit | null>(null);
  const query = useVerdicts({ state, severity });
  const close = () => setAsked(null);
  const done = (edit: Edit) => {
    setMade(edit);
    close();
  };
  return (
    <>
      <PageTitle title={t`Вопросы к значениям`} />
      {made === null ? null : (
        <Alert color="green" variant="light" role="status" className={classes.notice ?? ""}>
          {made.state === "pending" ? (
            <Trans>Принято. Изменение большое, поэтому ждёт подтверждения второго сотрудника.</Trans>
          ) : (
            <Trans>Принято. Новые значения появятся через несколько секунд.</Trans>
          )}
        </Alert>
      )}
      <Block title={t`Что нашли проверки`}>
        <div className={classes.bar}>
          <NativeSelect
            label={t`Важность`}
            value={severity}
            onChange={({ currentTarget: { value } }) =>
              void navigate({ search: (old) => ({ ...old, severity: value as Severity }), replace: true })
            }
            data={[
              { value: "question", label: t`Нужно решение` },
              { value: "gap", label: t`Пропуски` },
              { value: "work_order", label: t`Нужен выезд` },
              { value: "note", label: t`К сведению` },
            ]}
          />
          <NativeSelect
            label={t`Состояние`}
            value={state}
            onChange={({ currentTarget: { value } }) =>
              void navigate({ search: (old) => ({ ...old, state: value as VerdictState }), replace: true })
            }
            data={[
              { value: "open", label: t`Открытые` },
              { value: "confirmed", label: t`Подтверждённые` },
              { value: "edited", label: t`Исправленные` },
            ]}
          />
        </div>
        <QueryBlock
          query={query}
          height={280}
          isEmpty={(items) => items.length === 0}
          empty={<Empty title={t`Таких вопросов нет`} hint={t`Выберите другую важность или состояние.`} />}
        >
          {(items) => (
            <ul className={rows.list}>
              {items.map((verdict) => (
                <VerdictRow
                  key={verdict.id}
                  verdict={verdict}
                  onAsk={(decision) => setAsked({ verdict, decision })}
                />
              ))}
            </ul>
          )}
        </QueryBlock>
        <MoreButton query={query} />
        <RecordsAsOf at={query.asOf} zone={PORTAL_ZONE} />
      </Block>
      {asked?.decision === "accept" ? (
        <AcceptDialog verdict={asked.verdict} onDone={done} onClose={close} />
      ) : null}
      {asked?.decision === "correct" ? (
        <CorrectDialog verdict={asked.verdict} onDone={done} onClose={close} />
      ) : null}
    </>
  );
}

function VerdictRow(props: { verdict: PointVerdict; onAsk: (decision: Asked["decision"]) => void }) {
  const { verdict, onAsk } = props;
  const { t } = useLingui();
  const format = useFormat();
  const words = useVerdictWords();
  const name = `${verdict.point_name}, ${format.day(verdict.day)}`;
  const decides = verdict.state === "open" && verdict.severity === "question" && verdict.slots.length > 0;
  return (
    <li className={rows.row}>
      <div>
        <div className={rows.name}>{words.rule(verdict)}</div>
        <div>{words.found(verdict)}</div>
        <div className={rows.dim}>
          {verdict.point_name} ({verdict.point_number}) · {format.day(verdict.day)} · {verdict.rule}
          {verdict.slots.length === 0 ? null : (
            <>
              {" · "}
              <Trans>под вопросом получасов: {verdict.slots.length}</Trans>
            </>
          )}
        </div>
        <HalfHours pointId={verdict.point_id} day={verdict.day} starts={verdict.slots} />
      </div>
      {decides ? (
        <div className={classes.actions}>
          <Button
            size="sm"
            variant="default"
            aria-label={t`Подтвердить: ${name}`}
            onClick={() => onAsk("accept")}
          >
            <Trans>Подтвердить</Trans>
          </Button>
          <Button
            size="sm"
            variant="default"
            aria-label={t`Исправить: ${name}`}
            onClick={() => onAsk("correct")}
          >
            <Trans>Исправить</Trans>
          </Button>
        </div>
      ) : null}
    </li>
  );
}
