/** «Показания» (manual, chapter 3.5): consumption by months, weeks and days; a sum that is not whole says so. */
import "./consumption.css";
import { useLingui } from "@lingui/react/macro";
import { SegmentedControl } from "@mantine/core";
import { keepPreviousData } from "@tanstack/react-query";
import { useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { api } from "../../shared/api/client";
import { usePoint } from "../../shared/api/points";
import { useFormat } from "../../shared/i18n/useFormat";
import { ChannelSelect } from "../../shared/metering/ChannelSelect";
import { addDays, dayStartMs, localDay, type Period } from "../../shared/time/zone";
import { DataAsOf } from "../../shared/ui/AsOf";
import { Block } from "../../shared/ui/Block";
import { PeriodStepper } from "../../shared/ui/PeriodStepper";
import sheet from "../../shared/ui/sheet.module.css";
import { QueryBlock } from "../../shared/ui/states";
import { ConsumptionTable } from "./ConsumptionTable";
import { type ConsumptionSearch, windowOf } from "./view";

const ROUTE = "/signed-in/contracts/$contractId/points/$pointId/consumption";

export function ConsumptionTab() {
  const { t } = useLingui();
  const { pointId } = useParams({ from: ROUTE });
  const search = useSearch({ from: ROUTE });
  const navigate = useNavigate({ from: "/contracts/$contractId/points/$pointId/consumption" });
  const point = usePoint(pointId);
  const change = (changes: ConsumptionSearch) =>
    void navigate({ search: (old) => ({ ...old, ...changes }), replace: true, resetScroll: false });
  return (
    <Block title={t`Показания`}>
      <QueryBlock query={point} height={420}>
        {({ time_zone: zone }) => (
          <ConsumptionPanel pointId={pointId} zone={zone} search={search} onChange={change} />
        )}
      </QueryBlock>
    </Block>
  );
}

export function ConsumptionPanel(props: {
  pointId: string;
  zone: string;
  search: ConsumptionSearch;
  onChange: (changes: ConsumptionSearch) => void;
}) {
  const { pointId, zone, search, onChange } = props;
  const { t } = useLingui();
  const format = useFormat();
  const { step = "month", channel = "a_plus" } = search;
  const date = search.date ?? localDay(Date.now(), zone);
  const { from, to, previous, next } = windowOf(step, date);
  const query = api.useQuery(
    "get",
    "/api/v1/points/{point_id}/consumption",
    { params: { path: { point_id: pointId }, query: { start: from, end: to, step, channels: "all" } } },
    { placeholderData: keepPreviousData },
  );
  const asOf = query.data?.as_of ?? null;
  const knownUntilMs = Math.max(Date.now(), asOf === null ? 0 : Date.parse(asOf));
  const label = {
    month: `${format.month(from)} – ${format.month(addDays(to, -1))}`,
    week: `${format.day(from)} – ${format.day(addDays(to, -1))}`,
    day: format.month(from),
  }[step];
  return (
    <>
      <div className={sheet.toolbar}>
        <SegmentedControl
          aria-label={t`Сумма за`}
          value={step}
          onChange={(value) => onChange({ step: value as Period })}
          data={[
            { value: "month", label: t`Месяц` },
            { value: "week", label: t`Неделя` },
            { value: "day", label: t`День` },
          ]}
        />
        <PeriodStepper
          label={label}
          date={date}
          previous={previous}
          next={dayStartMs(to, zone) > knownUntilMs ? null : next}
          onChange={(day) => onChange({ date: day })}
        />
        <ChannelSelect value={channel} onChange={(wanted) => onChange({ channel: wanted })} />
      </div>
      <QueryBlock query={query} height={360}>
        {(answer) => (
          <div className={sheet.body} data-stale={query.isPlaceholderData || undefined}>
            <ConsumptionTable answer={answer} channel={channel} />
            <DataAsOf at={answer.as_of} zone={zone} />
          </div>
        )}
      </QueryBlock>
    </>
  );
}
