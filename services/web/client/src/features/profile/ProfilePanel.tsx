/** Asks for the profile of the chosen period and shows it as a chart or as a table, with words around it. */
import { useLingui } from "@lingui/react/macro";
import { keepPreviousData } from "@tanstack/react-query";
import { lazy, Suspense, useMemo, useState } from "react";
import { api } from "../../shared/api/client";
import type { Profile } from "../../shared/api/types";
import { periodRange, type Range } from "../../shared/time/zone";
import { DataAsOf } from "../../shared/ui/AsOf";
import sheet from "../../shared/ui/sheet.module.css";
import { Empty, QueryBlock } from "../../shared/ui/states";
import { Legend } from "./Legend";
import { ProfileChart } from "./ProfileChart";
import classes from "./ProfilePanel.module.css";
import { ProfileTable } from "./ProfileTable";
import { isOver, type Slot, slotsOf, summaryOf } from "./series";
import { Toolbar } from "./Toolbar";
import { useWords } from "./useWords";
import type { ProfileSearch, ProfileView } from "./view";

const REFRESH_MS = 60_000;
const HistoryDialog = lazy(() =>
  import("../../shared/metering/HistoryDialog").then((module) => ({ default: module.HistoryDialog })),
);

export function ProfilePanel(props: {
  pointId: string;
  zone: string;
  view: ProfileView;
  /** Max power of the passport; null where the point has none. */
  limitW: number | null;
  onChange: (changes: ProfileSearch) => void;
}) {
  const { pointId, zone, view, limitW, onChange } = props;
  const { period, date, channel, step } = view;
  const range = useMemo(() => periodRange(period, date, zone), [period, date, zone]);
  const isCurrent = range.endMs > Date.now();
  const query = api.useQuery(
    "get",
    "/api/v1/points/{point_id}/profile",
    {
      params: {
        path: { point_id: pointId },
        query: {
          start: new Date(range.startMs).toISOString(),
          end: new Date(range.endMs).toISOString(),
          channel,
          step,
        },
      },
    },
    { placeholderData: keepPreviousData, ...(isCurrent ? { refetchInterval: REFRESH_MS } : {}) },
  );
  return (
    <>
      <Toolbar view={view} range={range} asOf={query.data?.as_of ?? null} onChange={onChange} />
      <QueryBlock query={query} height={430}>
        {(profile) => (
          <div className={sheet.body} data-stale={query.isPlaceholderData || undefined}>
            <ProfileBody
              profile={profile}
              range={query.isPlaceholderData ? rangeOf(profile) : range}
              view={view}
              limitW={limitW}
            />
          </div>
        )}
      </QueryBlock>
    </>
  );
}

function ProfileBody(props: { profile: Profile; range: Range; view: ProfileView; limitW: number | null }) {
  const { profile, range, view } = props;
  const { t } = useLingui();
  const [active, setActive] = useState<number | null>(null);
  const [opened, setOpened] = useState<Slot | null>(null);
  const slots = useMemo(() => slotsOf(profile), [profile]);
  const summary = useMemo(() => summaryOf(slots), [slots]);
  const { time_zone: zone, step_seconds: stepSeconds } = profile;
  // The limit is one of consumed active power.
  const limitW = view.channel === "a_plus" ? props.limitW : null;
  const overLimit = slots.filter((slot) => isOver(slot, limitW, stepSeconds)).length;
  const isHalfHours = view.step === "half_hour";
  const words = useWords({ zone, stepSeconds, channel: view.channel });
  const isEmpty = summary.valueCount + summary.gapCount === 0;
  const slot = active === null ? undefined : slots[active];
  const text = slot === undefined ? words.summary(summary) : words.slot(slot);

  return (
    <>
      {isEmpty ? null : (
        <p className={classes.readout} data-testid="profile-readout">
          {text}
        </p>
      )}
      {isEmpty ? (
        <Empty
          title={t`За этот период данных ещё нет`}
          hint={
            profile.as_of === null
              ? t`Прибор учета ещё не передал ни одного получаса. Первые появятся после ближайшего опроса.`
              : t`Выберите более ранний период стрелкой «Предыдущий период».`
          }
        />
      ) : view.shape === "chart" ? (
        <>
          <div className={classes.unit}>{words.unit(view.unit)}</div>
          <ProfileChart
            slots={slots}
            range={range}
            stepSeconds={stepSeconds}
            zone={zone}
            view={view}
            activeIndex={active}
            activeText={text}
            limitW={limitW}
            onActive={setActive}
            onOpen={(slot) => isHalfHours && slot.state === "value" && setOpened(slot)}
          />
          <Legend summary={summary} limitW={limitW} overLimit={overLimit} />
        </>
      ) : (
        <>
          <ProfileTable
            slots={slots}
            words={words}
            zone={zone}
            isOver={(slot) => isOver(slot, limitW, stepSeconds)}
            onOpen={isHalfHours ? setOpened : null}
          />
          <Legend summary={summary} limitW={limitW} overLimit={overLimit} />
        </>
      )}
      {opened === null ? null : (
        <Suspense>
          <HistoryDialog
            pointId={profile.point_id}
            startMs={opened.startMs}
            title={words.interval(opened)}
            zone={zone}
            onClose={() => setOpened(null)}
          />
        </Suspense>
      )}
      <DataAsOf at={profile.as_of} zone={zone} />
    </>
  );
}

/** The former period stays on the page while the next one loads. */
function rangeOf(profile: Profile): Range {
  const startMs = Date.parse(profile.start);
  return { startMs, endMs: startMs + profile.values.length * profile.step_seconds * 1000 };
}
