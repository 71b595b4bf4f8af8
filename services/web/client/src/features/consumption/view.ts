/** What the address of the consumption tab holds, and which days a screenful of months, weeks or days covers. Pure. */
import { CHANNELS, type Channel } from "../../shared/metering/channels";
import { type Day, isDay, type Period, periodStart, shiftPeriod } from "../../shared/time/zone";

export interface ConsumptionSearch {
  step?: Period;
  /** Any local day of the last period shown; without it, today in the point's zone. */
  date?: Day;
  channel?: Channel;
}

const STEPS = ["month", "week", "day"] as const;
const PERIODS_AT_ONCE = 12;

export function consumptionSearch({ step, date, channel }: Record<string, unknown>): ConsumptionSearch {
  const knownStep = STEPS.find((one) => one === step);
  const knownChannel = CHANNELS.find((one) => one === channel);
  return {
    ...(knownStep === undefined ? {} : { step: knownStep }),
    ...(isDay(date) ? { date } : {}),
    ...(knownChannel === undefined ? {} : { channel: knownChannel }),
  };
}

export interface Window {
  /** Local days [from, to). */
  from: Day;
  to: Day;
  /** Days that lead to the windows before and after. */
  previous: Day;
  next: Day;
}

/** Twelve months or weeks that end with that of `date`; or the days of its month. */
export function windowOf(step: Period, date: Day): Window {
  const [period, count] = step === "day" ? (["month", 1] as const) : ([step, PERIODS_AT_ONCE] as const);
  const last = periodStart(period, date);
  return {
    from: shiftPeriod(period, last, 1 - count),
    to: shiftPeriod(period, last, 1),
    previous: shiftPeriod(period, last, -count),
    next: shiftPeriod(period, last, count),
  };
}
