/** The registers of the tariff zones against the half hours of their schedule, by day; nothing of a meter of one zone. */
import { Trans, useLingui } from "@lingui/react/macro";
import { Badge } from "@mantine/core";
import { keepPreviousData } from "@tanstack/react-query";
import { api } from "../../shared/api/client";
import type { ZoneDay } from "../../shared/api/types";
import { useFormat } from "../../shared/i18n/useFormat";
import { type Day, periodStart, shiftPeriod } from "../../shared/time/zone";
import { Block } from "../../shared/ui/Block";
import sheet from "../../shared/ui/sheet.module.css";
import { Empty, QueryBlock } from "../../shared/ui/states";
import classes from "./DaysTab.module.css";
import { useZoneWords } from "./useZoneWords";

const VERDICT_COLOR: Record<ZoneDay["verdict"], string> = {
  agrees: "green",
  differs: "orange",
  not_checked: "gray",
};

export function ZonesBlock({ pointId, date }: { pointId: string; date: Day }) {
  const { t } = useLingui();
  const start = periodStart("month", date);
  const query = api.useQuery(
    "get",
    "/api/v1/points/{point_id}/zone-checks",
    { params: { path: { point_id: pointId }, query: { start, end: shiftPeriod("month", start, 1) } } },
    { placeholderData: keepPreviousData },
  );
  return (
    <Block title={t`Тарифные зоны`}>
      <QueryBlock
        query={query}
        height={160}
        isEmpty={({ items }) => items.every(({ cause }) => cause === "one_zone")}
        empty={
          <Empty
            title={t`За этот месяц зоны не сверялись`}
            hint={t`Сверяются закрытые сутки приборов, которые считают по нескольким зонам.`}
          />
        }
      >
        {({ items }) => (
          <div className={sheet.body} data-stale={query.isPlaceholderData || undefined}>
            {[...items].reverse().map((day) => (
              <ZoneRow key={day.day} day={day} />
            ))}
          </div>
        )}
      </QueryBlock>
    </Block>
  );
}

function ZoneRow({ day }: { day: ZoneDay }) {
  const format = useFormat();
  const words = useZoneWords();
  const head = (
    <>
      <span className={classes.date}>{format.day(day.day)}</span>
      <span>
        <Badge
          color={VERDICT_COLOR[day.verdict]}
          variant="light"
          {...(day.verdict === "differs" ? { c: "#7a4300" } : {})}
        >
          {words.verdict(day)}
        </Badge>
      </span>
      <span className={classes.why}>{words.cause(day)}</span>
    </>
  );
  if (day.zones.length === 0) return <div className={`${classes.day} ${classes.head}`}>{head}</div>;
  return (
    <details className={classes.day}>
      <summary className={classes.head}>{head}</summary>
      <div className={classes.details}>
        <ZoneSums zones={day.zones} />
      </div>
    </details>
  );
}

function ZoneSums({ zones }: { zones: ZoneDay["zones"] }) {
  const format = useFormat();
  const amount = (wh: number) => format.number(wh / 1000, 3);
  return (
    <table className={classes.sums}>
      <thead>
        <tr>
          <th scope="col">
            <Trans>Зона, кВт·ч</Trans>
          </th>
          <th scope="col">
            <Trans>По показаниям</Trans>
          </th>
          <th scope="col">
            <Trans>По получасам</Trans>
          </th>
          <th scope="col">
            <Trans>Разность</Trans>
          </th>
          <th scope="col">
            <Trans>Допуск</Trans>
          </th>
        </tr>
      </thead>
      <tbody>
        {zones.map((zone) => (
          <tr key={zone.zone}>
            <th scope="row">{zone.zone}</th>
            <td>{amount(zone.register_wh)}</td>
            <td>{amount(zone.profile_wh)}</td>
            <td>{amount(zone.difference_wh)}</td>
            <td>{amount(zone.tolerance_wh)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
