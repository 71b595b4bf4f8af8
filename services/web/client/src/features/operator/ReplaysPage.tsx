/** Half hours or days that the supplier's system has missed, sent again; and how far each such order is. */
import { Plural, Trans, useLingui } from "@lingui/react/macro";
import { Badge } from "@mantine/core";
import { api } from "../../shared/api/client";
import type { Replay } from "../../shared/api/types";
import { useFormat } from "../../shared/i18n/useFormat";
import { addDays, PORTAL_ZONE } from "../../shared/time/zone";
import { Block } from "../../shared/ui/Block";
import { PageTitle } from "../../shared/ui/PageTitle";
import rows from "../../shared/ui/rows.module.css";
import { Empty, QueryBlock } from "../../shared/ui/states";
import classes from "./operator.module.css";
import { ReplayForm } from "./ReplayForm";

const LOOK_AGAIN_MS = 3_000;

export function ReplaysPage() {
  const { t } = useLingui();
  const replays = api.useQuery(
    "get",
    "/api/v1/operator/replays",
    {},
    {
      refetchInterval: ({ state: { data } }) =>
        data?.items.some(({ finished_at }) => finished_at === null) ? LOOK_AGAIN_MS : false,
    },
  );
  return (
    <>
      <PageTitle title={t`Повторная отправка`} />
      <div className={classes.column}>
        <Block title={t`Отправить ещё раз`}>
          <ReplayForm />
        </Block>
        <Block title={t`Последние отправки`}>
          <QueryBlock
            query={replays}
            height={160}
            isEmpty={({ items }) => items.length === 0}
            empty={<Empty title={t`Повторных отправок не было`} />}
          >
            {({ items }) => (
              <ul className={rows.list}>
                {items.map((replay) => (
                  <ReplayRow key={replay.id} replay={replay} />
                ))}
              </ul>
            )}
          </QueryBlock>
        </Block>
      </div>
    </>
  );
}

function ReplayRow({ replay }: { replay: Replay }) {
  const { t } = useLingui();
  const format = useFormat();
  const names: Record<string, string> = { intervals: t`Получасовые значения`, days: t`Сутки` };
  const { done_until: doneUntil, finished_at: finishedAt } = replay;
  return (
    <li className={rows.row}>
      <div>
        <div className={rows.name}>
          {names[replay.what] ?? replay.what}
          {finishedAt !== null ? (
            <Badge color="green" variant="light">
              <Trans>ГОТОВО</Trans>
            </Badge>
          ) : (
            <Badge color="blue" variant="light">
              {doneUntil === null ? <Trans>ЖДЁТ</Trans> : <Trans>ИДЁТ</Trans>}
            </Badge>
          )}
        </div>
        <div className={rows.dim}>
          <Trans>
            за {format.day(replay.start)} – {format.day(addDays(replay.end, -1))}, запрошено{" "}
            {format.dateTime(replay.asked_at, PORTAL_ZONE)}
          </Trans>
        </div>
        <div className={rows.dim}>
          <Plural
            value={replay.messages_sent}
            one="отправлено # сообщение"
            few="отправлено # сообщения"
            many="отправлено # сообщений"
            other="отправлено # сообщения"
          />
          {finishedAt === null && doneUntil !== null ? (
            <Trans>, дни до {format.day(addDays(doneUntil, -1))} готовы</Trans>
          ) : null}
        </div>
      </div>
    </li>
  );
}
