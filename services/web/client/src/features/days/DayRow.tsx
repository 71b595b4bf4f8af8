/** One day of the ledger: a line of words, and behind it its sums against the registers and its way through billing. */
import { Trans, useLingui } from "@lingui/react/macro";
import { Badge } from "@mantine/core";
import type { LedgerDay } from "../../shared/api/types";
import { useFormat } from "../../shared/i18n/useFormat";
import { localDay } from "../../shared/time/zone";
import { DaySums } from "./DaySums";
import classes from "./DaysTab.module.css";
import { useDayWords } from "./useDayWords";

const STATE_COLOR: Record<LedgerDay["state"], string> = {
  open: "blue",
  complete: "green",
  incomplete: "orange",
};

export function DayRow({ day, zone }: { day: LedgerDay; zone: string }) {
  const format = useFormat();
  const words = useDayWords();
  const active = day.sums.find(({ channel }) => channel === "a_plus")?.sum_wh ?? null;
  const head = (
    <>
      <span className={classes.date}>{format.day(day.day)}</span>
      <span>
        <Badge
          color={STATE_COLOR[day.state]}
          variant="light"
          {...(day.state === "incomplete" ? { c: "#7a4300" } : {})}
        >
          {words.state(day)}
        </Badge>
      </span>
      <span className={classes.sum}>
        {active === null ? "–" : <Trans>{format.number(active / 1000, 3)} кВт·ч</Trans>}
      </span>
      <span className={classes.receipt}>{words.receipt(day, localDay(Date.now(), zone))}</span>
    </>
  );
  // An open day has nothing more to tell.
  if (day.revision === null) return <div className={`${classes.day} ${classes.head}`}>{head}</div>;
  return (
    <details className={classes.day}>
      <summary className={classes.head}>{head}</summary>
      <DayDetails day={day} zone={zone} />
    </details>
  );
}

function DayDetails({ day, zone }: { day: LedgerDay; zone: string }) {
  const { t } = useLingui();
  const format = useFormat();
  const words = useDayWords();
  const receivedAt = day.receipt?.received_at ?? null;
  const facts: [string, string | null][] = [
    [t`Ревизия`, `${day.revision}`],
    [t`Закрыты`, day.closed_at === null ? null : format.dateTime(day.closed_at, zone)],
    [t`Получасы`, words.slots(day)],
    [t`Почему новая ревизия`, words.change(day)],
    [t`Ответ расчётной системы`, words.answer(day)],
    [t`Ответ получен`, receivedAt === null ? null : format.dateTime(receivedAt, zone)],
    [t`Вошло в расчёт`, words.billed(day)],
    [t`Войдёт в расчёт за`, words.landsIn(day)],
    [t`Сверка с показаниями`, words.verdict(day)],
    [t`Контрольная сумма`, day.digest],
  ];
  return (
    <div className={classes.details}>
      <dl className={classes.facts}>
        {facts.map(([name, value]) =>
          value === null ? null : (
            <div key={name} className={classes.fact}>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </div>
          ),
        )}
      </dl>
      <DaySums sums={day.sums} />
    </div>
  );
}
