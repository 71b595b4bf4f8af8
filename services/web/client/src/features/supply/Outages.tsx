/** The outages of a month: what the supplier planned, with the reason, and what the meter saw. */
import { Plural, Trans, useLingui } from "@lingui/react/macro";
import type { ReactNode } from "react";
import type { PlannedOutage, PowerQuality } from "../../shared/api/types";
import { useFormat } from "../../shared/i18n/useFormat";
import { Empty } from "../../shared/ui/states";
import { minutes } from "./minutes";
import classes from "./SupplyTab.module.css";

type Seen = PowerQuality["outages_seen"][number];

/** `unread` stands for what the meter saw, where its journals tell nothing yet. */
export function Outages({ answer, unread }: { answer: PowerQuality; unread: ReactNode | null }) {
  const { t } = useLingui();
  const { outages_planned: planned, outages_seen: seen, time_zone: zone } = answer;
  return (
    <>
      <h3 className={classes.part}>
        <Trans>Плановые</Trans>
      </h3>
      {planned.length === 0 ? (
        <p className={classes.dim}>
          <Trans>На этот месяц поставщик отключений не объявлял.</Trans>
        </p>
      ) : (
        <ul className={classes.list}>
          {planned.map((outage) => (
            <Planned key={outage.id} outage={outage} zone={zone} />
          ))}
        </ul>
      )}
      <h3 className={classes.part}>
        <Trans>Замеченные прибором</Trans>
      </h3>
      {unread ??
        (seen.length === 0 ? (
          <Empty title={t`Прибор учета не видел отключений`} />
        ) : (
          <ul className={classes.list}>
            {seen.map((outage) => (
              <SeenByMeter key={`${outage.start} ${outage.phase ?? ""}`} outage={outage} zone={zone} />
            ))}
          </ul>
        ))}
    </>
  );
}

function Planned({ outage, zone }: { outage: PlannedOutage; zone: string }) {
  const format = useFormat();
  return (
    <li>
      <span className={outage.cancelled ? classes.off : undefined}>
        {format.span(outage.starts_at, outage.ends_at, zone)}
      </span>
      <span className={classes.dim}>
        {outage.cancelled ? (
          <>
            <Trans>отменено</Trans>
            {", "}
          </>
        ) : null}
        {outage.reason}
      </span>
    </li>
  );
}

function SeenByMeter({ outage, zone }: { outage: Seen; zone: string }) {
  const format = useFormat();
  return (
    <li>
      <span>
        {outage.end === null ? (
          <>
            {format.dateTime(outage.start, zone)} – <Trans>ещё идёт</Trans>
          </>
        ) : (
          format.span(outage.start, outage.end, zone)
        )}
      </span>
      <span className={classes.dim}>
        {outage.phase === null ? <Trans>весь прибор</Trans> : <Trans>фаза {outage.phase}</Trans>}
        {outage.duration_seconds === null ? null : (
          <>
            {", "}
            <Plural
              value={minutes(outage.duration_seconds)}
              one="# минута"
              few="# минуты"
              many="# минут"
              other="# минуты"
            />
          </>
        )}
        {outage.planned_during === null ? null : (
          <>
            {", "}
            {outage.planned_during === "whole" ? (
              <Trans>в плановое отключение</Trans>
            ) : (
              <Trans>частью в плановое отключение</Trans>
            )}
          </>
        )}
      </span>
    </li>
  );
}
