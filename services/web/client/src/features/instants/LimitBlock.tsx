/** Half hours of the last days that came near the point's limit of power or passed it, and how they ended. */
import { Trans, useLingui } from "@lingui/react/macro";
import { api } from "../../shared/api/client";
import type { PowerLimit } from "../../shared/api/types";
import { useFormat } from "../../shared/i18n/useFormat";
import { addDays, localDay } from "../../shared/time/zone";
import { Block } from "../../shared/ui/Block";
import sheet from "../../shared/ui/sheet.module.css";
import { Empty, QueryBlock } from "../../shared/ui/states";
import { useAmounts } from "./useAmounts";

const DAYS = 30;

type HalfHour = PowerLimit["warned"][number];

export function LimitBlock({ pointId, zone }: { pointId: string; zone: string }) {
  const { t } = useLingui();
  const tomorrow = addDays(localDay(Date.now(), zone), 1);
  const params = { path: { point_id: pointId }, query: { start: addDays(tomorrow, -DAYS), end: tomorrow } };
  const query = api.useQuery("get", "/api/v1/points/{point_id}/power-limit", { params });
  return (
    <Block title={t`Близко к максимальной мощности`}>
      <QueryBlock
        query={query}
        height={120}
        isEmpty={({ warned }) => warned.length === 0}
        empty={<Empty title={t`За последние 30 дней мощность не приближалась к максимальной`} />}
      >
        {(answer) => <HalfHours answer={answer} />}
      </QueryBlock>
    </Block>
  );
}

function HalfHours({ answer }: { answer: PowerLimit }) {
  const format = useFormat();
  const amounts = useAmounts();
  const { warned, exceeded, near_misses: nearMisses, time_zone: zone } = answer;
  return (
    <>
      <p className={sheet.note}>
        <Trans>
          За последние 30 дней: превышений {exceeded}, предупреждений без превышения {nearMisses}.
        </Trans>
      </p>
      <table className={sheet.table}>
        <thead>
          <tr>
            <th scope="col">
              <Trans>Получас</Trans>
            </th>
            <th scope="col" className={sheet.number}>
              <Trans>Ожидалось</Trans>
            </th>
            <th scope="col" className={sheet.number}>
              <Trans>Вышло</Trans>
            </th>
            <th scope="col">
              <Trans>Итог</Trans>
            </th>
          </tr>
        </thead>
        <tbody>
          {warned.map((one) => (
            <tr key={one.start}>
              <th scope="row">{format.span(one.start, one.end, zone)}</th>
              <td className={sheet.number}>{amounts.power(one.projected_w)}</td>
              <td className={sheet.number}>{amounts.power(one.mean_w)}</td>
              <td>
                <Outcome outcome={one.outcome} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </>
  );
}

function Outcome({ outcome }: { outcome: HalfHour["outcome"] }) {
  if (outcome === null) return <Trans>ещё не известен</Trans>;
  return outcome === "exceeded" ? <Trans>превышена</Trans> : <Trans>не превышена</Trans>;
}
