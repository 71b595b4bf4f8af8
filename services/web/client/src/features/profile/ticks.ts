/** Where the time axis has its marks: local hours of a day, local midnights of a week or a month. Pure. */
import { addDays, dayStartMs, localDay, type Period, type Range, wallMs } from "../../shared/time/zone";

const HALF_HOUR_MS = 1_800_000;
const HOUR_STEPS = [1, 2, 3, 4, 6, 8, 12];
const DAY_STEPS = [1, 2, 3, 5, 7, 10, 15];

/** At most `limit` marks as instants in ms, from the first one at the start of the range on. */
export function timeTicks(period: Period, range: Range, zone: string, limit: number): number[] {
  return period === "day" ? hourTicks(range, zone, limit) : dayTicks(range, zone, limit);
}

function hourTicks({ startMs, endMs }: Range, zone: string, limit: number): number[] {
  const hours = (endMs - startMs) / (2 * HALF_HOUR_MS);
  const step = HOUR_STEPS.find((candidate) => hours / candidate <= limit - 1) ?? 12;
  const ticks: number[] = [];
  for (let instant = startMs; instant <= endMs; instant += HALF_HOUR_MS) {
    const wall = new Date(wallMs(instant, zone));
    if (wall.getUTCMinutes() === 0 && wall.getUTCHours() % step === 0) ticks.push(instant);
  }
  return ticks;
}

function dayTicks({ startMs, endMs }: Range, zone: string, limit: number): number[] {
  const days = Math.round((endMs - startMs) / (48 * HALF_HOUR_MS));
  const step = DAY_STEPS.find((candidate) => days / candidate <= limit) ?? 15;
  const first = localDay(startMs, zone);
  const ticks: number[] = [];
  for (let offset = 0; offset < days; offset += step) ticks.push(dayStartMs(addDays(first, offset), zone));
  return ticks;
}
