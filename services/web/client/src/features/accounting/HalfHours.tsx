/** Half hours of one day behind a question or a gap, each with the way to all its versions. */
import { Trans, useLingui } from "@lingui/react/macro";
import { useState } from "react";
import { api } from "../../shared/api/client";
import { usePoint } from "../../shared/api/points";
import { useFormat } from "../../shared/i18n/useFormat";
import { HistoryDialog } from "../../shared/metering/HistoryDialog";
import { useHistoryWords } from "../../shared/metering/useHistoryWords";
import { useReasonNames } from "../../shared/metering/useReasonNames";
import { type Day, PORTAL_ZONE, periodRange } from "../../shared/time/zone";
import sheet from "../../shared/ui/sheet.module.css";
import { QueryBlock } from "../../shared/ui/states";
import classes from "./accounting.module.css";
import { type HalfHour, halfHoursOf } from "./dayHalfHours";

interface Asked {
  pointId: string;
  day: Day;
  /** Those in question; none: all of the day that were not simply measured. */
  starts: string[];
}

/** Closed at first: nothing is asked for before it is opened. */
export function HalfHours(asked: Asked) {
  const [open, setOpen] = useState(false);
  return (
    <details onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary className={sheet.more}>
        <Trans>Получасы и их история</Trans>
      </summary>
      {open ? <Listed {...asked} /> : null}
    </details>
  );
}

function Listed({ pointId, day, starts }: Asked) {
  const zone = usePoint(pointId).data?.time_zone;
  const { startMs, endMs } = periodRange("day", day, zone ?? PORTAL_ZONE);
  const range = { start: new Date(startMs).toISOString(), end: new Date(endMs).toISOString() };
  const params = { path: { point_id: pointId }, query: { ...range, channel: "a_plus" } } as const;
  // Which instants are the day's is known with the point's zone alone.
  const query = api.useQuery(
    "get",
    "/api/v1/points/{point_id}/profile",
    { params },
    { enabled: zone !== undefined },
  );
  return (
    <QueryBlock query={query} height={96}>
      {(profile) => {
        const { all, found } = halfHoursOf(profile, starts);
        return (
          <>
            {all ? (
              <p className={sheet.note}>
                <Trans>Все получасы этих суток измерены</Trans>
              </p>
            ) : null}
            <Rows pointId={pointId} zone={profile.time_zone} found={found} />
          </>
        );
      }}
    </QueryBlock>
  );
}

function Rows({ pointId, zone, found }: { pointId: string; zone: string; found: HalfHour[] }) {
  const { t } = useLingui();
  const format = useFormat();
  const words = useHistoryWords();
  const reasons = useReasonNames();
  const [opened, setOpened] = useState<HalfHour | null>(null);
  const interval = ({ startMs, endMs }: HalfHour) =>
    `${format.time(startMs, zone)}–${format.time(endMs, zone)}`;
  return (
    <>
      <ul className={classes.halfHours}>
        {found.map((one) => (
          <li key={one.startMs}>
            <button
              type="button"
              className={classes.versions}
              aria-label={t`История значения ${interval(one)}`}
              onClick={() => setOpened(one)}
            >
              {interval(one)}
            </button>
            <span>{one.energyWh === null ? "–" : t`${format.number(one.energyWh / 1000, 3)} кВт·ч`}</span>
            <span>
              {one.quality === "GAP"
                ? one.reason === null
                  ? t`нет данных`
                  : reasons[one.reason]
                : words.quality(one.quality)}
            </span>
          </li>
        ))}
      </ul>
      {opened === null ? null : (
        <HistoryDialog
          pointId={pointId}
          startMs={opened.startMs}
          title={interval(opened)}
          zone={zone}
          onClose={() => setOpened(null)}
        />
      )}
    </>
  );
}
