/** «Сейчас»: what the meter showed when it was last read, its power in the last hours, and how near that came to the limit. */
import "./instants.css";
import { useLingui } from "@lingui/react/macro";
import { SegmentedControl } from "@mantine/core";
import { keepPreviousData } from "@tanstack/react-query";
import { useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { api } from "../../shared/api/client";
import { usePoint } from "../../shared/api/points";
import { Block } from "../../shared/ui/Block";
import sheet from "../../shared/ui/sheet.module.css";
import { Empty, QueryBlock } from "../../shared/ui/states";
import { LatestValues } from "./LatestValues";
import { LimitBlock } from "./LimitBlock";
import { PowerHistory } from "./PowerHistory";
import { HOURS, type Hours } from "./view";

const ROUTE = "/signed-in/contracts/$contractId/points/$pointId/instants";
/** Meters are read each minute at best. */
const ASK_EVERY_MS = 60_000;

export function InstantsTab() {
  const { pointId } = useParams({ from: ROUTE });
  const { hours = 1 } = useSearch({ from: ROUTE });
  const navigate = useNavigate({ from: "/contracts/$contractId/points/$pointId/instants" });
  const point = usePoint(pointId);
  return (
    <QueryBlock query={point} height={420}>
      {({ passport, time_zone: zone }) => (
        <InstantsBlocks
          pointId={pointId}
          zone={zone}
          limitW={passport.power_limit_w}
          hours={hours}
          onHours={(chosen) =>
            void navigate({ search: { hours: chosen }, replace: true, resetScroll: false })
          }
        />
      )}
    </QueryBlock>
  );
}

export function InstantsBlocks(props: {
  pointId: string;
  zone: string;
  limitW: number | null;
  hours: Hours;
  onHours: (hours: Hours) => void;
}) {
  const { pointId, zone, limitW, hours, onHours } = props;
  const { t } = useLingui();
  const params = { path: { point_id: pointId }, query: { minutes: hours * 60 } };
  const query = api.useQuery(
    "get",
    "/api/v1/points/{point_id}/instants",
    { params },
    { placeholderData: keepPreviousData, refetchInterval: ASK_EVERY_MS },
  );
  return (
    <div className={sheet.column}>
      <Block title={t`Мгновенные значения`}>
        <QueryBlock
          query={query}
          height={280}
          isEmpty={({ latest }) => latest === null}
          empty={
            <Empty
              title={t`За последние сутки значений нет`}
              hint={t`Они появятся, как только прибор учета ответит на опрос.`}
            />
          }
        >
          {(answer) => <LatestValues answer={answer} limitW={limitW} nowMs={Date.now()} />}
        </QueryBlock>
      </Block>
      <Block
        title={t`Мощность за последнее время`}
        action={
          <SegmentedControl
            aria-label={t`За какое время`}
            value={String(hours)}
            onChange={(value) => onHours(HOURS.find((one) => String(one) === value) ?? 1)}
            data={HOURS.map((one) => ({ value: String(one), label: t`${one} ч` }))}
          />
        }
      >
        <QueryBlock
          query={query}
          height={340}
          isEmpty={({ history }) => history.times.length === 0}
          empty={<Empty title={t`За это время значений нет`} hint={t`Выберите время побольше.`} />}
        >
          {(answer) => (
            <div className={sheet.body} data-stale={query.isPlaceholderData || undefined}>
              <PowerHistory answer={answer} limitW={limitW} />
            </div>
          )}
        </QueryBlock>
      </Block>
      {limitW === null ? null : <LimitBlock pointId={pointId} zone={zone} />}
    </div>
  );
}
