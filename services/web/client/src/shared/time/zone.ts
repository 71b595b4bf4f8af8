/**
 * Local days, weeks and months of a metering point's IANA zone as instants. Days are "YYYY-MM-DD", instants are
 * milliseconds since 1970 UTC, ranges are half-open. No function here falls back on the browser's own zone.
 */

export type Day = string;
export type Period = "day" | "week" | "month";
export interface Range {
  startMs: number;
  endMs: number;
}

/** For what belongs to no metering point. */
export const PORTAL_ZONE = "Europe/Moscow";

/** For what happened to the reader's own account and devices, and for nothing that was measured or billed. */
export const READER_ZONE = Intl.DateTimeFormat().resolvedOptions().timeZone;

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
const formats = new Map<string, Intl.DateTimeFormat>();

/** The local wall time of an instant, written as if it were UTC; so offsets are a subtraction. */
export function wallMs(instantMs: number, zone: string): number {
  const parts: Record<string, number> = {};
  for (const part of partsFormat(zone).formatToParts(instantMs)) parts[part.type] = Number(part.value);
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = parts;
  return Date.UTC(year, month - 1, day, hour, minute, second);
}

export function localDay(instantMs: number, zone: string): Day {
  return new Date(wallMs(instantMs, zone)).toISOString().slice(0, 10);
}

/** First instant of a local day; where the clocks skip midnight it is the instant of the skip. */
export function dayStartMs(day: Day, zone: string): number {
  const wanted = Date.parse(`${day}T00:00:00Z`);
  let low = wanted - 26 * HOUR_MS;
  let high = wanted + 26 * HOUR_MS;
  while (high - low > 1000) {
    const middle = Math.floor((low + high) / 2000) * 1000;
    if (localDay(middle, zone) >= day) high = middle;
    else low = middle;
  }
  return high;
}

export function addDays(day: Day, count: number): Day {
  return new Date(Date.parse(`${day}T00:00:00Z`) + count * DAY_MS).toISOString().slice(0, 10);
}

/** First day of the period that holds `day`; weeks begin on Monday. */
export function periodStart(period: Period, day: Day): Day {
  if (period === "month") return `${day.slice(0, 7)}-01`;
  if (period === "day") return day;
  const weekday = new Date(`${day}T00:00:00Z`).getUTCDay();
  return addDays(day, -((weekday + 6) % 7));
}

/** First day of the period `count` periods later. */
export function shiftPeriod(period: Period, day: Day, count: number): Day {
  const start = periodStart(period, day);
  if (period !== "month") return addDays(start, period === "week" ? 7 * count : count);
  const [year = 0, month = 1] = start.split("-").map(Number);
  return new Date(Date.UTC(year, month - 1 + count, 1)).toISOString().slice(0, 10);
}

export function periodRange(period: Period, day: Day, zone: string): Range {
  const first = periodStart(period, day);
  return { startMs: dayStartMs(first, zone), endMs: dayStartMs(shiftPeriod(period, first, 1), zone) };
}

export function isDay(value: unknown): value is Day {
  return (
    typeof value === "string" &&
    /^\d{4}-\d{2}-\d{2}$/.test(value) &&
    !Number.isNaN(Date.parse(value)) &&
    new Date(`${value}T00:00:00Z`).toISOString().startsWith(value)
  );
}

function partsFormat(zone: string): Intl.DateTimeFormat {
  let format = formats.get(zone);
  if (format === undefined) {
    format = new Intl.DateTimeFormat("en-US", {
      timeZone: zone,
      hourCycle: "h23",
      year: "numeric",
      month: "numeric",
      day: "numeric",
      hour: "numeric",
      minute: "numeric",
      second: "numeric",
    });
    formats.set(zone, format);
  }
  return format;
}
