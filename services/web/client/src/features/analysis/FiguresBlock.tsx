/** Sum, base load and maximum of the period, the maximum with its half hour. */
import { Trans } from "@lingui/react/macro";
import { useParams } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { LoadFigures } from "../../shared/api/types";
import { useFormat } from "../../shared/i18n/useFormat";
import { localDay } from "../../shared/time/zone";
import { TextLink } from "../../shared/ui/links";
import sheet from "../../shared/ui/sheet.module.css";
import { AnalysisBlock } from "./AnalysisBlock";
import classes from "./analysis.module.css";
import { type Asked, useLoadFigures } from "./queries";
import { useAmount } from "./useAmount";

export function FiguresBlock(asked: Asked) {
  const query = useLoadFigures(asked);
  return (
    <AnalysisBlock query={query} height={120} isEmpty={({ sum_wh: sum }) => sum === null}>
      {(figures) => <Figures figures={figures} />}
    </AnalysisBlock>
  );
}

function Figures({ figures }: { figures: LoadFigures }) {
  const { sum_wh: sum, base_load: base, maximum, slots_missing: missing, time_zone: zone } = figures;
  const format = useFormat();
  const amount = useAmount(figures.channel);
  return (
    <dl className={sheet.figures}>
      <div>
        <dt>
          <Trans>Всего</Trans>
        </dt>
        <dd>{sum === null ? "–" : amount.energy(sum)}</dd>
        <dd className={missing > 0 ? classes.partial : classes.dim}>
          {missing > 0 ? (
            <Trans>нет получасов: {missing}</Trans>
          ) : (
            <Trans>все прошедшие получасы на месте</Trans>
          )}
        </dd>
      </div>
      <div>
        <dt>
          <Trans>Базовая нагрузка</Trans>
        </dt>
        <dd>{base === null ? "–" : amount.power(base.power_w)}</dd>
        <dd className={classes.dim}>
          {base === null ? (
            <Trans>ночных получасов слишком мало</Trans>
          ) : (
            <Trans>с 0 до 6 часов ниже почти не бывает</Trans>
          )}
        </dd>
      </div>
      <div>
        <dt>
          <Trans>Максимум</Trans>
        </dt>
        <dd>{maximum === null ? "–" : amount.power(maximum.power_w)}</dd>
        {maximum === null ? null : (
          <dd>
            <ToProfile day={localDay(Date.parse(maximum.start), zone)}>
              {format.date(maximum.start, zone)} {format.time(maximum.start, zone)}–
              {format.time(maximum.end, zone)}
            </ToProfile>
            , {amount.energy(maximum.energy_wh)}
          </dd>
        )}
      </div>
    </dl>
  );
}

/** Leads to the half hours of one day. */
export function ToProfile({ day, children }: { day: string; children: ReactNode }) {
  const { contractId = "", pointId = "" } = useParams({ strict: false });
  return (
    <TextLink
      to="/contracts/$contractId/points/$pointId/profile"
      params={{ contractId, pointId }}
      search={{ period: "day", date: day }}
    >
      {children}
    </TextLink>
  );
}
