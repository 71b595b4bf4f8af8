/** Words and rows for register readings by tariff zone, the resource of a point, and the state of its link. */
import { useLingui } from "@lingui/react/macro";
import { Badge } from "@mantine/core";
import type { LastReading, Link } from "../api/types";
import { useFormat } from "../i18n/useFormat";
import classes from "./readings.module.css";

export interface ZoneReading {
  zone: string;
  valueWh: number;
}

/**
 * Consumed active energy by zone, in the order T1, T2 …, the sum last. A meter answers for all the tariffs that it
 * could have: those that have never counted are left out, unless none has.
 */
export function zoneReadings(reading: LastReading): ZoneReading[] {
  const rows = reading.registers
    .filter((register) => register.channel === "a_plus")
    .map((register) => ({ zone: register.zone, valueWh: register.value_wh }))
    .sort((a, b) => zoneOrder(a.zone) - zoneOrder(b.zone));
  const counted = rows.filter((row) => row.valueWh !== 0);
  return counted.length === 0 ? rows : counted;
}

export function useZoneName(): (zone: string) => string {
  const { t } = useLingui();
  return (zone) => {
    const digits = /^t?([1-8])$/i.exec(zone)?.[1];
    return digits === undefined ? t`Сумма` : `T${digits}`;
  };
}

export function useResourceName(): (resource: string) => string {
  const { t } = useLingui();
  return (resource) => (resource === "electricity" ? t`Электроснабжение` : resource);
}

export function ReadingsByZone({ reading }: { reading: LastReading }) {
  const zoneName = useZoneName();
  const format = useFormat();
  const { t } = useLingui();
  const rows = zoneReadings(reading);
  return (
    <dl className={classes.zones}>
      {rows.map(({ zone, valueWh }) => (
        <div key={zone} className={classes.zone}>
          <dt>{zoneName(zone)}</dt>
          <dd>
            {format.number(valueWh / 1000, 3)} <span className={classes.unit}>{t`кВт·ч`}</span>
          </dd>
        </div>
      ))}
    </dl>
  );
}

export function LinkBadge({ link }: { link: Link | null }) {
  const { t } = useLingui();
  const state = link?.state ?? "unknown";
  if (state === "ok") return <Badge color="green" variant="light">{t`На связи`}</Badge>;
  if (state === "failing") return <Badge color="red" variant="light">{t`Нет связи`}</Badge>;
  return <Badge color="gray" variant="light">{t`Связь не проверена`}</Badge>;
}

function zoneOrder(zone: string): number {
  const digits = /^t?([1-8])$/i.exec(zone)?.[1];
  return digits === undefined ? 9 : Number(digits);
}
